import { report } from '../service-log.ts';
import { identifier, qualified } from './sql.ts';

/** What a project can set of the Data API. */
export interface Settings {
  schemas: readonly string[];
  /** Schemas in which names are looked up after the request's own. */
  extraSearchPath: readonly string[];
  /** The most rows that a read gives of any table; null for no limit. */
  maxRows: number | null;
  /** Whether `select` may have aggregate functions. */
  aggregates: boolean;
  /** Whether clients may ask for the plan of a statement. */
  plans: boolean;
  /** The function that is called before each statement, as SQL. */
  preRequest: string | null;
  /** Whether transactions end with a rollback, and whether `Prefer: tx=` may change that. */
  txEnd: { rollback: boolean; override: boolean };
}

/** Those that config.toml sets. */
export type ConfiguredSettings = Pick<Settings, 'schemas' | 'extraSearchPath' | 'maxRows'>;

/** How transactions end, by the value of `db_tx_end`. */
const endings: Record<string, Settings['txEnd']> = {
  commit: { rollback: false, override: false },
  'commit-allow-override': { rollback: false, override: true },
  rollback: { rollback: true, override: false },
  'rollback-allow-override': { rollback: true, override: true },
};

/**
 * The settings of config.toml, overridden by `alter role authenticator set pgrst.…` in the database, whose values are read
 * as PostgREST reads them: https://docs.postgrest.org/en/stable/references/configuration.html#in-database-configuration.
 */
export function readSettings(configured: ConfiguredSettings, given: ReadonlyMap<string, string>): Settings {
  const text = (name: string) => given.get(`pgrst.${name}`);
  const path = text('db_extra_search_path');
  const maxRows = text('db_max_rows');
  const preRequest = text('db_pre_request');
  const ending = endings[text('db_tx_end') || 'commit'];
  if (!ending)
    report('data-api', `pgrst.db_tx_end cannot be "${text('db_tx_end')}": transactions are committed`);
  return {
    schemas: listOf(text('db_schemas') || configured.schemas.join(',')),
    extraSearchPath: path === undefined ? configured.extraSearchPath : path === '' ? [] : listOf(path),
    // What is no number means no limit.
    maxRows: maxRows === undefined ? configured.maxRows : /^\d{1,15}$/.test(maxRows) ? Number(maxRows) : null,
    aggregates: isTrue(text('db_aggregates_enabled')),
    plans: isTrue(text('db_plan_enabled')),
    preRequest: preRequest ? functionName(preRequest) : null,
    txEnd: ending ?? { rollback: false, override: false },
  };
}

function listOf(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function isTrue(text = ''): boolean {
  const word = text.replace(/[^a-z]/gi, '').toLowerCase();
  return word === 'true' || Number(text) > 0;
}

/** A name up to the first point is the schema. */
function functionName(text: string): string {
  const [schema = '', ...rest] = text.split('.');
  return rest.length === 0 ? identifier(schema) : qualified({ schema, name: rest.join('.') });
}
