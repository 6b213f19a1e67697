import { describe, expect, it } from 'vitest';
import { actAs, connect, openDatabase, untilBlocked } from '../kit/database.ts';
import { newPerson } from '../kit/people.ts';
import { rest } from './raw.ts';

const sql = openDatabase({ max: 1 });

describe('a tag', () => {
  it('is everybody’s when its post and the profile become public at once', async () => {
    const [ann, eve] = await Promise.all([newPerson(), newPerson()]);
    const tag = `once${crypto.randomUUID().slice(0, 8)}`;
    await rest(ann, `profiles?id=eq.${ann.id}`, { method: 'PATCH', json: { is_public: false } });
    const [profile, post] = [connect(), connect()];
    try {
      await profile`begin`;
      await actAs(profile, ann);
      await profile`update public.profiles set is_public = true where id = ${ann.id}`;
      await post`begin`;
      await post`set local application_name = 'the post of two writes'`;
      await actAs(post, ann);
      // It sees a private profile still, which sees no post yet.
      const published = post`insert into public.posts (caption) values (${`#${tag}`})`.then(
        () => post`commit`,
      );
      await untilBlocked(sql, 'the post of two writes');
      await profile`commit`;
      await published;
    } finally {
      await Promise.all([profile.end({ timeout: 5 }), post.end({ timeout: 5 })]);
    }
    expect(JSON.parse((await rest(eve, `tags?name=eq.${tag}&select=name`)).text)).toEqual([{ name: tag }]);
  });
});
