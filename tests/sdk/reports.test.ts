import { beforeAll, describe, expect, test } from 'vitest';
import type { NewReport, Post } from '../../sdk/src/index.ts';
import { secretClient } from '../kit/people.ts';
import { dataOf } from '../kit/results.ts';
import { settings } from '../kit/settings.ts';
import { newSdkPerson, nowhere, type SdkPerson } from './sdk-people.ts';

let ann: SdkPerson;
let ben: SdkPerson;
let mia: SdkPerson;
let post: Post;
beforeAll(async () => {
  [ann, ben, mia] = await Promise.all([newSdkPerson(), newSdkPerson(), newSdkPerson()]);
  await secretClient().rpc('set_role', { profile_id: mia.id, role: 'moderator' }).throwOnError();
  post = dataOf(await ben.noctra.posts.create({ caption: 'Buy now' }));
});

describe('reports.create', () => {
  test('reports a post, a comment or a person', async () => {
    const comment = dataOf(await ben.noctra.comments.create(post.id, { text: 'Buy!' }));
    for (const [report, target] of [
      [
        { post: post.id, reason: 'spam' },
        { post: post.id, comment: null, user: null },
      ],
      [
        { comment: comment.id, reason: 'sexual' },
        { post: null, comment: comment.id, user: null },
      ],
      [
        { user: ben.username, reason: 'other', text: 'A robot' },
        { post: null, comment: null, user: ben.id },
      ],
    ] satisfies [NewReport, object][]) {
      expect(dataOf(await ann.noctra.reports.create(report))).toEqual({
        ...target,
        id: expect.any(String),
        reason: report.reason,
        text: 'text' in report ? report.text : '',
        created_at: expect.any(String),
      });
    }
  });

  test('answers the first report while it is open', async () => {
    const cleo = await newSdkPerson();
    const report = { post: post.id, reason: 'spam' } as const;
    const first = dataOf(await cleo.noctra.reports.create(report));
    expect(dataOf(await cleo.noctra.reports.create(report)).id).toBe(first.id);
  });

  test('is refused for what is not there', async () => {
    for (const [target, code] of [
      [{ post: nowhere }, 'post_not_found'],
      [{ post: 'no id' }, 'post_not_found'],
      [{ comment: nowhere }, 'comment_not_found'],
      [{ comment: 'no id' }, 'comment_not_found'],
      [{ user: 'nobody_at_all' }, 'profile_not_found'],
    ] as const) {
      const { error } = await ann.noctra.reports.create({ ...target, reason: 'spam' } as NewReport);
      expect(error).toMatchObject({ code, status: 404 });
    }
    const ofNothing = await ann.noctra.reports.create({ reason: 'spam' } as unknown as NewReport);
    expect(ofNothing.error).toMatchObject({ code: 'report_target_invalid', status: 422 });
    const boring = { post: post.id, reason: 'boring' } as unknown as NewReport;
    const { error } = await ann.noctra.reports.create(boring);
    expect(error).toMatchObject({ code: 'report_reason_invalid', status: 422, field: 'reason' });
  });
});

describe('reports.list and reports.update', () => {
  test('are for moderators, who handle reports', async () => {
    const made = dataOf(await ben.noctra.reports.create({ user: ann.id, reason: 'harassment' }));
    const open = dataOf(await mia.noctra.reports.list({ state: 'open' }));
    const summary = ({ id, username }: SdkPerson) => ({
      id,
      username,
      profile_pic_url: `${settings.url}/functions/v1/api/assets/default-avatar.svg`,
      is_vip: false,
    });
    expect(open[0]).toEqual({
      ...made,
      state: 'open',
      note: '',
      reporter: summary(ben),
      owner: summary(ann),
      preview: null,
      handled_by: null,
      updated_at: expect.any(String),
    });
    const handled = await mia.noctra.reports.update(made.id, { state: 'dismissed', note: 'A joke' });
    expect(dataOf(handled)).toEqual({
      ...open[0],
      state: 'dismissed',
      note: 'A joke',
      handled_by: summary(mia),
      updated_at: expect.any(String),
    });

    const find = async (state: 'open' | 'dismissed') => {
      for await (const { id, note } of mia.noctra.reports.list({ state, limit: 1 })) {
        if (id === made.id) return note;
      }
      return undefined;
    };
    expect(await find('open')).toBeUndefined();
    expect(await find('dismissed')).toBe('A joke');

    const lost = { state: 'lost' as 'open' };
    for (const call of [mia.noctra.reports.list(lost), mia.noctra.reports.update(made.id, lost)]) {
      const { error } = await call;
      expect(error).toMatchObject({ code: 'report_state_invalid', status: 422, field: 'state' });
    }
    for (const call of [ann.noctra.reports.list(), ann.noctra.reports.update(made.id, { state: 'open' })]) {
      expect((await call).error?.status).toBe(403);
    }
    for (const id of [nowhere, 'no id']) {
      const { error } = await mia.noctra.reports.update(id, { note: 'Where?' });
      expect(error).toMatchObject({ code: 'report_not_found', status: 404 });
    }
  });
});
