import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressesOf, removeProjects, run, until } from './running.ts';

const source = fileURLToPath(new URL('./room-booking', import.meta.url));
const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const password = 'a long passw0rd';
const rooms = { attic: 1, hall: 2, cellar: 3 };

let project = '';
let status: ReturnType<typeof addressesOf>;
/** Ann manages the laboratory, Ben is in it, Cem is in the press. */
let ann: SupabaseClient;
let ben: SupabaseClient;
let cem: SupabaseClient;
let server: SupabaseClient;
const ids: Record<string, string> = {};

const newClient = (key = status.publishableKey) =>
  createClient(status.url, key, { auth: { persistSession: false, autoRefreshToken: false } });

/** The newest mail to an address, as soon as it is there. */
async function mailTo(address: string): Promise<{ subject: string; html: string; text: string }> {
  const find = async () => {
    const mails = await (await fetch(`${status.mailboxUrl}/messages.json`)).json();
    return mails.find((mail: { to: string }) => mail.to === address);
  };
  await until(async () => (await find()) !== undefined, `a mail to ${address}`);
  return find();
}

/** Signs up, and enters the code of the mail. */
async function join(name: string): Promise<SupabaseClient> {
  const client = newClient();
  const email = `${name.toLowerCase()}@rooms.example`;
  const { data, error } = await client.auth.signUp({ email, password, options: { data: { name } } });
  expect(error).toBeNull();
  expect(data.session).toBeNull();
  const { subject, html, text } = await mailTo(email);
  expect(subject).toBe('Welcome to the rooms');
  const token = /\b\d{8}\b/.exec(html || text)?.[0] ?? '';
  const verified = await client.auth.verifyOtp({ email, token, type: 'email' });
  expect(verified.error).toBeNull();
  ids[name] = verified.data.user?.id ?? '';
  return client;
}

beforeAll(async () => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), 'room-booking-'));
  fs.cpSync(source, project, { recursive: true });
  // As `npm install` in the project would: what its function imports, and nothing else.
  for (const name of ['zod', '@supabase', 'iceberg-js', 'tslib'])
    if (fs.existsSync(path.join(modules, name)))
      fs.cpSync(path.join(modules, name), path.join(project, 'node_modules', name), {
        recursive: true,
        filter: (file) => !/cli-|@supabase[\\/](config|lite|pg-delta)/.test(file),
      });
  await run(project, 'start', '--port', '0').ready;
  status = addressesOf(project);
  server = newClient(status.secretKey);
  ann = await join('Ann');
  ben = await join('Ben');
  cem = await join('Cem');
  const members = [
    { team: 'lab', person_id: ids.Ann, role: 'manager' },
    { team: 'lab', person_id: ids.Ben, role: 'member' },
    { team: 'press', person_id: ids.Cem, role: 'member' },
  ];
  for (const member of members) expect((await server.from('memberships').insert(member)).error).toBeNull();
});
afterAll(() => removeProjects([project]));

describe('in a project of rooms and teams', () => {
  it('config.toml rejects weak passwords and unconfirmed sign-ins', async () => {
    const weak = await newClient().auth.signUp({ email: 'weak@rooms.example', password: 'nodigitsinhere' });
    expect(weak.error).toMatchObject({ code: 'weak_password' });
    const short = await newClient().auth.signUp({ email: 'weak@rooms.example', password: 'sh0rt' });
    expect(short.error).toMatchObject({ code: 'weak_password' });
    await newClient().auth.signUp({ email: 'dan@rooms.example', password });
    const early = await newClient().auth.signInWithPassword({ email: 'dan@rooms.example', password });
    expect(early.error).toMatchObject({ code: 'email_not_confirmed' });
  });

  it('the trigger on auth.users makes a person with a generated column', async () => {
    const { data } = await ann.from('people').select('name, initials').eq('id', ids.Ann).single();
    expect(data).toEqual({ name: 'Ann', initials: 'A' });
  });

  it('seeds of several files are visible to the roles that have grants', async () => {
    const { data } = await newClient().from('rooms').select('name, hourly_price').order('number');
    expect(data).toEqual([
      { name: 'Attic', hourly_price: 12.5 },
      { name: 'Hall', hourly_price: 80 },
      { name: 'Cellar', hourly_price: 9.99 },
    ]);
    const nobody = await newClient().from('holidays').select('name').single();
    expect(nobody.data).toEqual({ name: 'Christmas' });
    expect((await newClient().from('bookings').select()).error).toMatchObject({ code: '42501' });
  });

  it('row-level security hides and protects the rows of other teams', async () => {
    expect((await ben.from('teams').select('slug')).data).toEqual([{ slug: 'lab' }]);
    expect((await cem.from('teams').select('slug')).data).toEqual([{ slug: 'press' }]);
    const intruder = { team: 'lab', person_id: ids.Cem, role: 'manager' };
    expect((await cem.from('memberships').insert(intruder)).error).toMatchObject({ code: '42501' });
    expect((await ben.from('memberships').insert(intruder)).error).toMatchObject({ code: '42501' });
    const upwards = await ben.from('memberships').update({ role: 'manager' }).eq('person_id', ids.Ben);
    expect(upwards.error).toMatchObject({ code: '42501' });
  });

  it('a composite key embeds people through teams, and rejects a duplicate', async () => {
    const { data } = await ann
      .from('teams')
      .select('name, memberships(role, people(name))')
      .order('role', { referencedTable: 'memberships', ascending: false })
      .single();
    expect(data).toEqual({
      name: 'The laboratory',
      memberships: [
        { role: 'manager', people: { name: 'Ann' } },
        { role: 'member', people: { name: 'Ben' } },
      ],
    });
    const twice = await ann.from('memberships').insert({ team: 'LAB', person_id: ids.Ben });
    expect(twice.error).toMatchObject({ code: '23505' });
  });

  it('an exclusion constraint rejects overlapping bookings, also of two at once', async () => {
    const during = '[2030-03-04T09:00:00Z,2030-03-04T10:30:00Z)';
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, number) => {
        const [client, team] = number % 2 ? [ben, 'lab'] : [cem, 'press'];
        return client
          .from('bookings')
          .insert({ room: rooms.attic, team, during })
          .select('hours, state')
          .single();
      }),
    );
    const won = answers.filter(({ error }) => error === null);
    expect(won.map(({ data }) => data)).toEqual([{ hours: 1.5, state: 'held' }]);
    for (const { error } of answers.filter((answer) => answer.error))
      expect(error).toMatchObject({
        code: '23P01',
        message: expect.stringContaining('bookings_do_not_overlap'),
      });
  });

  it('values against a type, an enum or a check are refused with PostgreSQL’s code', async () => {
    const book = (fields: object) =>
      ben
        .from('bookings')
        .insert({ room: rooms.hall, team: 'lab', during: '[2030-05-01,2030-05-02)', ...fields });
    expect((await book({ during: '[2030-05-02,2030-05-01)' })).error).toMatchObject({ code: '22000' });
    expect((await book({ during: 'soon' })).error).toMatchObject({ code: '22P02' });
    expect((await book({ during: 'empty' })).error).toMatchObject({ code: '23514' });
    expect((await book({ room: 99 })).error).toMatchObject({ code: '23503' });
    expect((await book({ hours: 3 })).error).toMatchObject({ code: '428C9' });
    expect((await book({ during: '[2030-12-25T09:00Z,2030-12-25T10:00Z)' })).error).toMatchObject({
      message: 'Closed: Christmas',
      hint: 'holiday',
    });
    expect((await book({})).error).toBeNull();
    const wrong = await ben.from('bookings').update({ state: 'perhaps' }).eq('room', rooms.hall);
    expect(wrong.error).toMatchObject({ code: '22P02' });
  });

  it('a function books a series as a whole or not at all', async () => {
    const series = (first: string, weeks: number) =>
      ben.rpc('book_series', { room: rooms.cellar, team: 'lab', first, hours: 2, weeks });
    expect((await series('2030-06-03T08:00:00Z', 3)).data).toHaveLength(3);
    const clash = await series('2030-05-20T08:00:00Z', 4);
    expect(clash.error).toMatchObject({ code: '23P01' });
    const { count } = await ben
      .from('bookings')
      .select('*', { count: 'exact', head: true })
      .eq('room', rooms.cellar);
    expect(count).toBe(3);
    const none = await series('2030-08-01T08:00:00Z', 0);
    expect(none).toMatchObject({ status: 400, error: { hint: 'weeks' } });
    const stranger = await cem.rpc('book_series', {
      room: 3,
      team: 'lab',
      first: '2031-01-01',
      hours: 1,
      weeks: 1,
    });
    expect(stranger.error).toMatchObject({ code: '42501' });
    expect((await newClient().rpc('book_series', {})).status).toBeGreaterThanOrEqual(400);
  });

  it('filters work on ranges and inside jsonb', async () => {
    const overlapping = await ben
      .from('bookings')
      .select('room')
      .overlaps('during', '[2030-06-10T09:00:00Z,2030-06-10T09:30:00Z)');
    expect(overlapping.data).toEqual([{ room: rooms.cellar }]);
    const booking = {
      room: rooms.hall,
      team: 'lab',
      during: '[2030-09-01,2030-09-02)',
      note: { guests: [{ name: 'Zoë' }] },
    };
    expect((await ben.from('bookings').insert(booking)).error).toBeNull();
    const found = await ben
      .from('bookings')
      .select('note->guests->0->>name')
      .contains('note', { guests: [{ name: 'Zoë' }] });
    expect(found.data).toEqual([{ name: 'Zoë' }]);
  });

  it('a view of the second schema counts only rows that its reader sees', async () => {
    const { data } = await ann.schema('reports').from('costs').select().eq('room', 'Cellar').single();
    expect(data).toEqual({ team: 'lab', room: 'Cellar', bookings: 3, hours: 6, cost: 59.94 });
    expect((await cem.schema('reports').from('costs').select().eq('room', 'Cellar')).data).toEqual([]);
    const hidden = await ann.schema('private').from('anything').select();
    expect(hidden).toMatchObject({ status: 406, error: { code: 'PGRST106' } });
  });

  it('storage policies give files to the team of their folder', async () => {
    const plan = new Blob(['<svg xmlns="http://www.w3.org/2000/svg"/>'], { type: 'image/svg+xml' });
    const plans = (client: SupabaseClient) => client.storage.from('floor-plans');
    expect((await plans(ann).upload('lab/attic.svg', plan)).error).toBeNull();
    expect((await plans(ben).upload('lab/hall.svg', plan)).error).toMatchObject({
      message: expect.stringContaining('row-level security'),
    });
    expect((await plans(ann).upload('press/attic.svg', plan)).error).not.toBeNull();
    expect(await (await plans(ben).download('lab/attic.svg')).data?.text()).toBe(await plan.text());
    expect((await plans(cem).download('lab/attic.svg')).error).not.toBeNull();
    expect((await plans(cem).list('lab')).data).toEqual([]);
    expect(
      (await plans(ann).upload('lab/a.png', new Blob(['x'], { type: 'image/png' }))).error,
    ).not.toBeNull();
    const big = new Blob([new Uint8Array(102_401)], { type: 'application/pdf' });
    expect((await plans(ann).upload('lab/big.pdf', big)).error).not.toBeNull();
    await plans(ben).remove(['lab/attic.svg']);
    expect((await plans(ann).list('lab')).data).toHaveLength(1);
  });

  it('a function uses its import map, its package, a shared file and the caller’s rights', async () => {
    const invoice = await ann.functions.invoke('invoice', { body: { team: 'lab' } });
    expect(invoice.data).toEqual({ team: 'lab', total: expect.stringMatching(/^\d+\.\d\d EUR$/) });
    expect((await cem.functions.invoke('invoice', { body: { team: 'lab' } })).data).toEqual({
      team: 'lab',
      total: '0.00 EUR',
    });
    expect((await ann.functions.invoke('invoice', { body: { team: 7 } })).response?.status).toBe(400);
    const nobody = await fetch(`${status.url}/functions/v1/invoice`, {
      method: 'POST',
      body: '{"team":"lab"}',
    });
    expect(nobody.status).toBe(401);
  });

  it('foreign keys delete the rows of a deleted person, and follow a renamed team', async () => {
    expect((await server.from('teams').update({ slug: 'printers' }).eq('slug', 'press')).error).toBeNull();
    expect((await cem.from('bookings').select('team')).data?.every(({ team }) => team === 'printers')).toBe(
      true,
    );
    const eve = await join('Eve');
    expect(
      (await eve.from('people').update({ name: 'Eva' }).eq('id', ids.Eve).select('initials').single()).data,
    ).toEqual({ initials: 'E' });
    expect((await server.auth.admin.deleteUser(ids.Eve ?? '')).error).toBeNull();
    expect((await ann.from('people').select().eq('id', ids.Eve)).data).toEqual([]);
  });
});
