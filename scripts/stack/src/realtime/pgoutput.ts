/** A row's values by column, as text as PostgreSQL writes it. Undefined where the log does not have the value. */
export type Values = (string | null | undefined)[];

/** A table of the log. */
export interface Relation {
  id: number;
  schema: string;
  table: string;
  /** `isKey`: part of the replica identity. */
  columns: { name: string; typeId: number; isKey: boolean }[];
}

/** A change of a row. */
export interface RowChange {
  action: 'INSERT' | 'UPDATE' | 'DELETE';
  relation: Relation;
  /** The id of its transaction. */
  transaction: number;
  committedAt: Date;
  new: Values | null;
  /** What the replica identity has of the old row. */
  old: Values | null;
}

/** Times of the log count from here, in microseconds. */
const epochMs = Date.UTC(2000, 0, 1);

/**
 * Decodes messages of PostgreSQL's output plugin pgoutput, protocol version 1 (PostgreSQL's documentation, "Logical
 * Replication Message Formats"). A library would convert the values and lose what JavaScript's types cannot hold.
 */
export function createDecoder(): (message: Buffer) => RowChange | null {
  const relations = new Map<number, Relation>();
  let transaction = 0;
  let committedAt = new Date(0);
  return (message) => {
    const reader = createReader(message);
    switch (reader.letter()) {
      case 'B':
        reader.skip(8);
        committedAt = new Date(epochMs + Number(reader.int64() / 1000n));
        transaction = reader.int32();
        return null;
      case 'R': {
        const relation = readRelation(reader);
        relations.set(relation.id, relation);
        return null;
      }
      case 'I': {
        const relation = relationOf(reader);
        reader.skip(1);
        return { action: 'INSERT', relation, transaction, committedAt, new: readValues(reader), old: null };
      }
      case 'U': {
        const relation = relationOf(reader);
        let old: Values | null = null;
        let kind = reader.letter();
        if (kind !== 'N') {
          old = identity(relation, kind, readValues(reader));
          kind = reader.letter();
        }
        const values = readValues(reader);
        return {
          action: 'UPDATE',
          relation,
          transaction,
          committedAt,
          new: values,
          // The log has no old row where the identity did not change.
          old: old ?? identity(relation, 'K', values),
        };
      }
      case 'D': {
        const relation = relationOf(reader);
        const kind = reader.letter();
        return {
          action: 'DELETE',
          relation,
          transaction,
          committedAt,
          new: null,
          old: identity(relation, kind, readValues(reader)),
        };
      }
      default:
        return null;
    }
  };

  function relationOf(reader: Reader): Relation {
    const relation = relations.get(reader.int32());
    if (!relation) throw new Error('The log names a table that it has not described');
    return relation;
  }
}

/** Of a row sent as key (`K`), only the columns of the identity have values. */
function identity({ columns }: Relation, kind: string, values: Values): Values {
  return kind === 'K' ? values.map((value, place) => (columns[place]?.isKey ? value : undefined)) : values;
}

function readRelation(reader: Reader): Relation {
  const id = reader.int32();
  const schema = reader.string() || 'pg_catalog';
  const table = reader.string();
  reader.skip(1);
  const columns = Array.from({ length: reader.int16() }, () => {
    const isKey = reader.byte() === 1;
    const name = reader.string();
    const typeId = reader.int32();
    reader.skip(4);
    return { name, typeId, isKey };
  });
  return { id, schema, table, columns };
}

function readValues(reader: Reader): Values {
  return Array.from({ length: reader.int16() }, () => {
    const kind = reader.letter();
    if (kind === 'n') return null;
    if (kind === 'u') return undefined;
    return reader.text(reader.int32());
  });
}

type Reader = ReturnType<typeof createReader>;

function createReader(bytes: Buffer) {
  let place = 0;
  const advance = (count: number) => {
    place += count;
    return place - count;
  };
  const text = (length: number) => bytes.toString('utf8', advance(length), place);
  return {
    byte: () => bytes.readUInt8(advance(1)),
    letter: () => String.fromCharCode(bytes.readUInt8(advance(1))),
    int16: () => bytes.readUInt16BE(advance(2)),
    int32: () => bytes.readUInt32BE(advance(4)),
    int64: () => bytes.readBigInt64BE(advance(8)),
    skip: (count: number) => void advance(count),
    text,
    /** A string that ends with a zero byte. */
    string() {
      const value = text(bytes.indexOf(0, place) - place);
      advance(1);
      return value;
    },
  };
}
