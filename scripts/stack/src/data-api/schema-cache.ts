import fs from 'node:fs';
import type { Sql } from 'postgres';
import { type Constraint, type Relationship, relate } from './relationships.ts';
import { originsOf } from './view-origins.ts';

/** A column of a table or view. */
export interface Column {
  /** Its number in the table, 1 and up. */
  position: number;
  name: string;
  /** Its type as SQL writes it: `character varying(20)`. */
  type: string;
  /** The type below a domain, without length. */
  baseType: string;
  nullable: boolean;
  /** Whether PostgreSQL computes it from others: it cannot be written. */
  generated: boolean;
  /** Whether it takes its numbers from a sequence of its own. */
  identity: boolean;
  /** Its default as SQL; for an identity column the next number of its sequence. */
  default: string | null;
  comment: string | null;
  maxLength: number | null;
  /** The values of an enum. */
  labels: string[] | null;
}

/** A table or view that is exposed. */
export interface Table {
  oid: number;
  schema: string;
  name: string;
  isView: boolean;
  comment: string | null;
  insertable: boolean;
  updatable: boolean;
  deletable: boolean;
  columns: Map<string, Column>;
  /** Empty without one. A view has that of its table if it shows all its columns. */
  primaryKey: string[];
}

/** A parameter of a function. */
export interface Parameter {
  /** Empty if it has none. */
  name: string;
  /** in, out, inout, variadic, table. */
  mode: 'i' | 'o' | 'b' | 'v' | 't';
  type: string;
  /** The table whose row it takes. */
  table: { schema: string; name: string } | null;
  required: boolean;
}

/** A function that is exposed. */
export interface Routine {
  oid: number;
  schema: string;
  name: string;
  comment: string | null;
  /** immutable, stable, volatile. */
  volatility: 'i' | 's' | 'v';
  returnsSet: boolean;
  /** How many rows PostgreSQL expects. */
  rows: number;
  /** The plain name of the type: of a domain, its own. */
  returnType: string;
  /** The type below a domain. */
  returnBase: string;
  returnsRow: boolean;
  returnTable: { schema: string; name: string } | null;
  settings: string[] | null;
  /** What a caller gives, in order. */
  inputs: Parameter[];
  /** The columns of what it returns, by OUT and TABLE. */
  outputs: Parameter[];
}

/** What is known of the database, as of one moment. */
export interface SchemaCache {
  /** By schema, then by name. */
  tables: Map<string, Map<string, Table>>;
  /** By schema, then by name; one name may have several functions. */
  routines: Map<string, Map<string, Routine[]>>;
  /** By `oid` of the table they start from. */
  relationships: Map<number, Relationship[]>;
  /** By role: what `alter role ... set` says, for the settings that a role may set itself. */
  roleSettings: Map<string, Map<string, string>>;
}

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
};

/** Reads the schema: four queries, as a role that sees everything, in one snapshot. */
export async function readSchema(admin: Sql, schemas: readonly string[]): Promise<SchemaCache> {
  const [relations, constraints, routines, roles] = await admin.begin(
    'isolation level repeatable read read only',
    async (sql) => {
      // With nothing to look types up in, PostgreSQL writes all of them with their schema.
      await sql`set local search_path = ''`;
      const rows = async <T>(query: string, values: string[][] = []): Promise<T[]> =>
        (await sql.unsafe(query, values as never[]).values()).map(([json]) => JSON.parse(String(json)) as T);
      return Promise.all([
        rows<RelationRow>(queries.relations, [[...schemas]]),
        rows<Constraint>(queries.constraints),
        rows<RoutineRow>(queries.routines, [[...schemas]]),
        rows<RoleRow>(queries.roles),
      ]);
    },
  );
  const cache: SchemaCache = {
    tables: new Map(schemas.map((schema) => [schema, new Map()])),
    routines: new Map(schemas.map((schema) => [schema, new Map()])),
    relationships: new Map(),
    roleSettings: new Map(),
  };
  for (const { role, name, value } of roles) {
    const settings = cache.roleSettings.get(role) ?? new Map<string, string>();
    cache.roleSettings.set(role, settings.set(name, value));
  }
  for (const row of routines) {
    const ofName = cache.routines.get(row.schema);
    ofName?.set(row.name, [...(ofName.get(row.name) ?? []), toRoutine(row)]);
  }
  const origins = originsOf(relations.map(({ oid, rule }) => ({ oid, rule })));
  const tables = relations.filter(({ exposed }) => exposed).map(toTable);
  for (const table of tables) cache.tables.get(table.schema)?.set(table.name, table);
  cache.relationships = relate(
    tables,
    constraints,
    origins,
    [...cache.routines.values()].flatMap((all) => [...all.values()].flat()),
  );
  return cache;
}

function toTable({ exposed: _, rule: __, columns, ...row }: RelationRow): Table {
  return { ...row, columns: new Map(columns.map((column) => [column.name, column])), primaryKey: [] };
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
