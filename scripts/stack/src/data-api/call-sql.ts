import { inputOf, isScalar } from './find-routine.ts';
import type { Payload } from './payload.ts';
import type { Parameter, Routine, Table } from './schema.ts';
import { arrayLiteral, identifier, type Place, qualified, type Values } from './sql.ts';
import { scalarColumn } from './statement.ts';

/** What a function is called with: texts by name, the fields of a JSON object, or the body as it is. */
export type Arguments =
  | { kind: 'texts'; values: readonly [string, string][] }
  | { kind: 'fields'; payload: Payload }
  | { kind: 'body'; value: string };

/** A function's result as what rows are taken from. `table` is the one whose rows it gives. */
export function callPlace(routine: Routine, args: Arguments, table: Table | null, values: Values): Place {
  const ref = identifier(routine.name);
  const { before, list } = argumentsSql(routine, args, values);
  const alias = isScalar(routine) ? `${ref}(${scalarColumn})` : ref;
  return { ref, table, from: `${before}${qualified(routine)}(${list}) as ${alias}`, row: `${ref}.*` };
}

/** The arguments, and what must come before the call in `from` to give them. */
function argumentsSql(routine: Routine, args: Arguments, values: Values): { before: string; list: string } {
  if (args.kind === 'body')
    return { before: '', list: `${values.add(args.value)}::${routine.inputs[0]?.type}` };
  if (args.kind === 'texts') return { before: '', list: textsSql(routine, args.values, values) };
  const given = args.payload.keys.flatMap((key) => inputOf(routine, key) ?? []);
  if (given.length === 0) return { before: '', list: '' };
  const definition = given.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ');
  const source = `(select * from json_to_recordset(${values.add(args.payload.rows)}::json) as _f(${definition}) limit 1) as _a`;
  return {
    before: `${source}, lateral `,
    list: given.map((input) => argumentSql(input, `_a.${identifier(input.name)}`)).join(', '),
  };
}

/** Of several values for one parameter the last counts; a variadic one takes them all. */
function textsSql(routine: Routine, texts: readonly [string, string][], values: Values): string {
  const byName = new Map<Parameter, string[]>();
  for (const [name, value] of texts) {
    const input = inputOf(routine, name);
    if (input) byName.set(input, [...(byName.get(input) ?? []), value]);
  }
  return [...byName]
    .map(([input, given]) => {
      const value = input.mode === 'v' ? arrayLiteral(given) : (given.at(-1) ?? null);
      return argumentSql(input, `${values.add(value)}::${input.type}`);
    })
    .join(', ');
}

function argumentSql({ name, mode }: Parameter, value: string): string {
  return `${mode === 'v' ? 'variadic ' : ''}${identifier(name)} := ${value}`;
}
