import fs from 'node:fs';
import type { Sql } from 'postgres';
import { type Constraint, relate } from './relationships.ts';
import type { Column, Parameter, Routine, SchemaCache, Table } from './schema.ts';
import { type ConfiguredSettings, readSettings } from './settings.ts';
import { originsOf } from './view-origins.ts';

type RelationRow = Omit<Table, 'columns' | 'primaryKey'> & {
  exposed: boolean;
  rule: string | null;
  columns: Column[];
};
type RoutineRow = Omit<Routine, 'inputs' | 'outputs'> & { defaults: number; parameters: Parameter[] };
type RoleRow = { role: string; name: string; value: string };

const text = (file: string) => fs.readFileSync(new URL(`./catalog/${file}`, import.meta.url), 'utf8');
const queries = {
  relations: text('relations.sql'),
  constraints: text('constraints.sql'),
  routines: text('routines.sql'),
  roles: text('roles.sql'),
  settings: text('settings.sql'),
};

/** Reads schema and settings: five queries, as a role that sees everything, in one snapshot. */
export async function readSchema(admin: Sql, configured: ConfiguredSettings): Promise<SchemaCache> {
  const [settings, relations, constraints, routineRows, roles] = await admin.begin(
    'isolation level repeatable read read only',
    async (sql) => {
      // With an empty search path, PostgreSQL writes types with their schema.
      await sql`set local search_path = ''`;
      const rows = async <T>(query: string, values: string[][] = []): Promise<T[]> =>
        (await sql.unsafe(query, values as never[]).values()).map(([json]) => JSON.parse(String(json)) as T);
      const given = await rows<{ name: string; value: string }>(queries.settings);
      const settings = readSettings(configured, new Map(given.map(({ name, value }) => [name, value])));
      const schemas = [...settings.schemas];
      return Promise.all([
        settings,
        rows<RelationRow>(queries.relations, [schemas]),
        rows<Constraint>(queries.constraints),
        rows<RoutineRow>(queries.routines, [schemas]),
        rows<RoleRow>(queries.roles),
      ]);
    },
  );
  const cache: SchemaCache = {
    settings,
    tables: new Map(settings.schemas.map((schema) => [schema, new Map()])),
    routines: new Map(settings.schemas.map((schema) => [schema, new Map()])),
    relationships: new Map(),
    roleSettings: new Map(),
  };
  for (const { role, name, value } of roles) {
    const settings = cache.roleSettings.get(role) ?? new Map<string, string>();
    cache.roleSettings.set(role, settings.set(name, value));
  }
  const routines = routineRows.map(toRoutine).toSorted(byParameters);
  for (const routine of routines.filter(isCallable)) {
    const ofName = cache.routines.get(routine.schema);
    ofName?.set(routine.name, [...(ofName.get(routine.name) ?? []), routine]);
  }
  const origins = originsOf(relations.map(({ oid, rule }) => ({ oid, rule })));
  const tables = relations.filter(({ exposed }) => exposed).map(toTable);
  for (const table of tables) cache.tables.get(table.schema)?.set(table.name, table);
  cache.relationships = relate(tables, constraints, origins, routines);
  return cache;
}

function toTable({ exposed: _, rule: __, columns, ...row }: RelationRow): Table {
  return { ...row, columns: new Map(columns.map((column) => [column.name, column])), primaryKey: [] };
}

/** Whether requests can call a function: its parameters have names, or the only one takes the whole body. */
function isCallable({ inputs }: Routine): boolean {
  const isBody = inputs.length === 1 && /^(jsonb?|text|bytea|xml)$/.test(inputs[0]?.type ?? '');
  return isBody || inputs.every(({ name }) => name !== '');
}

/** The order in which PostgREST names overloads: by the number of parameters, the comment, then names and types. */
function byParameters(one: Routine, other: Routine): number {
  if (one.inputs.length !== other.inputs.length) return one.inputs.length - other.inputs.length;
  const key = ({ comment, inputs }: Routine) =>
    [comment ?? '', ...inputs.flatMap(({ name, type }) => [name, type])].join('\0');
  return key(one) < key(other) ? -1 : 1;
}

/** Only the last parameters of a function can have defaults. */
function toRoutine({ defaults, parameters, ...row }: RoutineRow): Routine {
  const inputs = parameters.filter(({ mode }) => mode === 'i' || mode === 'b' || mode === 'v');
  const outputs = parameters.filter(({ mode }) => mode !== 'i' && mode !== 'v');
  const firstWithDefault = inputs.length - defaults;
  return {
    ...row,
    inputs: inputs.map((input, index) => ({ ...input, required: index < firstWithDefault })),
    outputs,
  };
}
