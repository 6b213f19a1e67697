import { createHash } from 'node:crypto';
import { z } from 'zod';

/** A boolean, or its name in any case. Anything else counts as false, as a wrong field does with the real service. */
const flag = z.union([z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'] })]).catch(false);

const token = z.string().optional().catch(undefined);

const joinSchema = z.object({
  access_token: token,
  user_token: token,
  config: z
    .object({
      private: flag,
      broadcast: z
        .object({ ack: flag, self: flag, replication_ready: flag, replay: z.unknown() })
        .partial()
        .catch({}),
      presence: z
        .object({ enabled: flag, key: z.union([z.string(), z.number()]).transform(String).catch('') })
        .partial()
        .catch({}),
      postgres_changes: z.array(z.unknown()).catch([]),
    })
    .partial()
    .optional()
    .catch({}),
});

/** What a client asks for in `phx_join`. */
export interface Join {
  token: string | undefined;
  isPrivate: boolean;
  ack: boolean;
  self: boolean;
  /** Wants to know when messages of the database come in. */
  replicationReady: boolean;
  /** Where to replay from, as it came; undefined where none is wanted. */
  replay: { wanted: unknown } | undefined;
  presence: { enabled: boolean; key: string };
  changes: Record<string, unknown>[];
  /** Clients before version 2 have no `config`: the topic is the table, and changes come under their own names. */
  isOld: boolean;
}

/** Reads the payload of `phx_join`; null when it is no object. */
export function readJoin(payload: unknown, name: string): Join | null {
  const parsed = joinSchema.safeParse(payload);
  if (!parsed.success) return null;
  const { access_token, user_token, config } = parsed.data;
  const { broadcast = {}, presence = {}, postgres_changes = [] } = config ?? {};
  return {
    token: user_token ?? access_token,
    isPrivate: config?.private ?? false,
    ack: broadcast.ack ?? false,
    self: broadcast.self ?? false,
    replicationReady: broadcast.replication_ready ?? false,
    replay: 'replay' in broadcast ? { wanted: broadcast.replay } : undefined,
    presence: { enabled: presence.enabled ?? false, key: presence.key ?? '' },
    changes: config ? postgres_changes.filter(isObject) : [tableOf(name)],
    isOld: config === undefined,
  };
}

/** `schema:table:filter`. */
function tableOf(name: string): Record<string, unknown> {
  const [schema, table, ...filter] = name.split(':');
  return {
    schema,
    ...(table === undefined ? {} : { table }),
    ...(filter.length === 0 ? {} : { filter: filter.join(':') }),
  };
}

/** Whether a value of JSON is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The number under which a client knows a subscription: the same for the same wish. */
export function wishId(wanted: Record<string, unknown>): number {
  return createHash('sha1').update(JSON.stringify(wanted)).digest().readUInt32BE() >>> 5;
}

/** The most messages that are replayed. */
const mostReplayed = 25;

const replaySchema = z.object({
  since: z.int().min(0).max(8.64e15),
  limit: z
    .int()
    .default(mostReplayed)
    .transform((limit) => Math.min(Math.max(limit, 1), mostReplayed)),
});

/** Where to replay from, and how many messages; null when that cannot be read. */
export function readReplay(wanted: unknown): { since: Date; limit: number } | null {
  const parsed = replaySchema.safeParse(wanted);
  return parsed.success ? { since: new Date(parsed.data.since), limit: parsed.data.limit } : null;
}
