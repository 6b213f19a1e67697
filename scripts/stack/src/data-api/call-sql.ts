import { inputOf, isScalar } from './find-routine.ts';
import type { Payload } from './payload.ts';
import type { Parameter, Routine, Table } from './schema.ts';
import { arrayLiteral, identifier, type Place, qualified, type SqlBuilder } from './sql.ts';
import { scalarColumn } from './statement.ts';

/** The arguments of a function: texts by name, the fields of a JSON object, or the whole body. */
export type Arguments =
  | { kind: 'texts'; values: readonly [string, string][] }
  | { kind: 'fields'; payload: Payload }
  | { kind: 'body'; value: string };

/** A function call as an item of `from`. `table` is the table whose rows it returns, if any. */
export function callPlace(
  routine: Routine,
  args: Arguments,
  table: Table | null,
  builder: SqlBuilder,
): Place {
  const ref = identifier(routine.name);
  const { before, list } = argumentsSql(routine, args, builder);
  const alias = isScalar(routine) ? `${ref}(${scalarColumn})` : ref;
  return { ref, table, from: `${before}${qualified(routine)}(${list}) as ${alias}`, row: `${ref}.*` };
}

/** The list of arguments, and the item of `from` that they need before the call. */
function argumentsSql(
  routine: Routine,
  args: Arguments,
  builder: SqlBuilder,
): { before: string; list: string } {
  if (args.kind === 'body')
    return { before: '', list: `${builder.add(args.value)}::${routine.inputs[0]?.type}` };
  if (args.kind === 'texts') return { before: '', list: textsSql(routine, args.values, builder) };
  const given = args.payload.keys.flatMap((key) => inputOf(routine, key) ?? []);
  if (given.length === 0) return { before: '', list: '' };
  const definition = given.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ');
  const source = `(select * from json_to_recordset(${builder.add(args.payload.rows)}::json) as _f(${definition}) limit 1) as _a`;
  return {
    before: `${source}, lateral `,
    list: given.map((input) => argumentSql(input, `_a.${identifier(input.name)}`)).join(', '),
  };
}

/** The last of several values for one parameter counts; a variadic parameter takes all. */
function textsSql(routine: Routine, texts: readonly [string, string][], builder: SqlBuilder): string {
  const byName = new Map<Parameter, string[]>();
  for (const [name, value] of texts) {
    const input = inputOf(routine, name);
    if (input) byName.set(input, [...(byName.get(input) ?? []), value]);
  }
  return [...byName]
    .map(([input, given]) => {
      const value = input.mode === 'v' ? arrayLiteral(given) : (given.at(-1) ?? null);
      return argumentSql(input, `${builder.add(value)}::${input.type}`);
    })
    .join(', ');
}

function argumentSql({ name, mode }: Parameter, value: string): string {
  return `${mode === 'v' ? 'variadic ' : ''}${name === '' ? '' : `${identifier(name)} := `}${value}`;
}
