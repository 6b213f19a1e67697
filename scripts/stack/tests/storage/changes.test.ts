import { describe, expect, it } from 'vitest';
import { ann, bob, open, own, raw, service, stored, textOf, useStorageFixtures } from './fixtures.ts';

useStorageFixtures();

describe('removing, moving and copying', () => {
  const upload = async (name: string, text = name) => {
    await ann.client.storage.from(own).upload(`${ann.id}/${name}`, text, { upsert: true });
    return `${ann.id}/${name}`;
  };

  it('removes what the caller may delete, and lists it in the answer', async () => {
    const [one, two] = [await upload('remove/1'), await upload('remove/2')];
    expect((await bob.client.storage.from(own).remove([one])).data).toEqual([]);
    const { data } = await ann.client.storage.from(own).remove([one, two, 'none']);
    expect(data?.map(({ name }) => name).sort()).toEqual([one, two]);
    expect(await stored(own, `${ann.id}/remove/`)).toEqual([]);
    expect((await ann.client.storage.from(own).download(one)).error).not.toBeNull();

    await upload('remove/1');
    const remove = () => raw(`object/${own}/${one}`, { method: 'DELETE', as: ann });
    expect(await (await remove()).json()).toEqual({ message: 'Successfully deleted' });
    expect(await (await remove()).json()).toMatchObject({ statusCode: '404', code: 'NoSuchKey' });
  });

  it('moves an object, but never over another one or for another user', async () => {
    const [from, other] = [await upload('move/from'), await upload('move/other')];
    const bucket = ann.client.storage.from(own);
    expect((await bob.client.storage.from(own).move(from, `${bob.id}/stolen`)).error).toMatchObject({
      message: 'Object not found',
    });
    expect((await bucket.move(from, other)).error).toMatchObject({ statusCode: '409' });
    expect((await bucket.move(from, `${bob.id}/away`)).error).toMatchObject({ statusCode: '403' });
    expect((await bucket.move('none', other)).error).toMatchObject({ statusCode: '404' });
    expect((await bucket.move(from, `${ann.id}/move/to`)).data).toMatchObject({
      message: 'Successfully moved',
    });
    expect(await stored(own, `${ann.id}/move/`)).toEqual([other, `${ann.id}/move/to`]);
    expect(await textOf(ann.client, own, `${ann.id}/move/to`)).toBe('move/from');
    const across = await service.storage.from(own).move(other, 'moved', { destinationBucket: open });
    expect(across.error).toBeNull();
    expect(await (await raw(`object/public/${open}/moved`)).text()).toBe('move/other');
  });

  it('copies an object with its metadata', async () => {
    const from = `${ann.id}/copy/from`;
    const bucket = ann.client.storage.from(own);
    await bucket.upload(from, 'copied', { contentType: 'text/css', metadata: { n: 1 } });
    const to = `${ann.id}/copy/to`;
    expect((await bucket.copy(from, to)).data).toEqual({ path: `${own}/${to}` });
    await bucket.remove([from]);
    expect(await textOf(ann.client, own, to)).toBe('copied');
    expect((await bucket.info(to)).data).toMatchObject({ contentType: 'text/css', metadata: { n: 1 } });
    expect((await bucket.copy(to, to)).error).toMatchObject({ statusCode: '409' });
    expect((await bucket.copy(to, `${bob.id}/x`)).error).toMatchObject({ statusCode: '403' });
    expect((await bob.client.storage.from(own).copy(to, `${bob.id}/x`)).error).toMatchObject({
      statusCode: '404',
    });
  });

  it('copies one whole version of an object that is being replaced', async () => {
    const bucket = ann.client.storage.from(own);
    const from = `${ann.id}/copy/busy`;
    const version = (digit: number) => String(digit).repeat(50_000);
    await bucket.upload(from, version(0));
    let replacing = true;
    const replace = Promise.all(
      Array.from({ length: 6 }, async (_, writer) => {
        while (replacing) await bucket.upload(from, version(writer), { upsert: true });
      }),
    );
    const copies = Array.from({ length: 100 }, (_, index) => `${from}-${index}`);
    const errors = await Promise.all(copies.map(async (to) => (await bucket.copy(from, to)).error));
    expect(errors).toEqual(copies.map(() => null));
    for (const to of copies.slice(0, 20)) {
      const text = (await textOf(ann.client, own, to)) ?? '';
      expect([text.length, new Set(text).size]).toEqual([50_000, 1]);
    }
    replacing = false;
    await replace;
  });
});
