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

/** A pair of columns that must be equal: here, and there. */
export type ColumnPair = readonly [here: string, there: string];

/** A way from one table to another. */
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

/** By a table between the two that has a foreign key to each. */
export interface JunctionRelationship {
  kind: 'many-to-many';
  from: Table;
  to: Table;
  junction: Table;
  /** The key to `from`: its column, and the junction's. */
  near: { constraint: string; columns: ColumnPair[] };
  /** The key to `to`: the junction's column, and its own. */
  far: { constraint: string; columns: ColumnPair[] };
}

/** By a function that takes a row of `from` and gives rows of `to`. */
export interface ComputedRelationship {
  kind: 'computed';
  from: Table;
  to: Table;
  routine: Routine;
  toOne: boolean;
}
