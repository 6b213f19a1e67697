import type { Settings } from './settings.ts';

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
  /** Whether PostgreSQL computes it from other columns. */
  generated: boolean;
  /** Whether it is an identity column. */
  identity: boolean;
  /** Its default as SQL; for an identity column the next number of its sequence. */
  default: string | null;
  comment: string | null;
  maxLength: number | null;
  /** The values of an enum. */
  labels: string[] | null;
}

/** An exposed table or view. */
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
  /** The columns of the primary key, empty without one. A view that shows all of them has its table's. */
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

/** An exposed function. */
export interface Routine {
  oid: number;
  schema: string;
  name: string;
  comment: string | null;
  /** immutable, stable, volatile. */
  volatility: 'i' | 's' | 'v';
  returnsSet: boolean;
  /** The number of rows that PostgreSQL expects. */
  rows: number;
  /** The name of the type, or of the domain. */
  returnType: string;
  /** The type below a domain. */
  returnBase: string;
  returnsRow: boolean;
  returnTable: { schema: string; name: string } | null;
  settings: string[] | null;
  /** The parameters that a caller provides, in order. */
  inputs: Parameter[];
  /** The columns that it returns, from OUT and TABLE. */
  outputs: Parameter[];
}

/** The schema of the database, and the settings in it, at one moment. */
export interface SchemaCache {
  settings: Settings;
  /** By schema, then by name. */
  tables: Map<string, Map<string, Table>>;
  /** By schema, then by name; one name may have several functions. */
  routines: Map<string, Map<string, Routine[]>>;
  /** By `oid` of the table they start from. */
  relationships: Map<number, Relationship[]>;
  /** By role: the settings of `alter role ... set` that a role may set itself. */
  roleSettings: Map<string, Map<string, string>>;
}

/** Two columns that must be equal: of this table and of the other. */
export type ColumnPair = readonly [here: string, there: string];

/** A relationship from one table to another. */
export type Relationship = KeyRelationship | JunctionRelationship | ComputedRelationship;

/** By a foreign key, in either direction. */
export interface KeyRelationship {
  kind: 'many-to-one' | 'one-to-many' | 'one-to-one';
  from: Table;
  to: Table;
  constraint: string;
  columns: ColumnPair[];
  /** Whether `from` holds the foreign key. */
  holdsKey: boolean;
}

/** By a junction table with a foreign key to each. */
export interface JunctionRelationship {
  kind: 'many-to-many';
  from: Table;
  to: Table;
  junction: Table;
  /** The key to `from`, as pairs of its column and the junction's. */
  near: { constraint: string; columns: ColumnPair[] };
  /** The key to `to`, as pairs of the junction's column and its own. */
  far: { constraint: string; columns: ColumnPair[] };
}

/** By a function that takes a row of `from` and returns rows of `to`. */
export interface ComputedRelationship {
  kind: 'computed';
  from: Table;
  to: Table;
  routine: Routine;
  toOne: boolean;
}
