import { closestName } from './closest-name.ts';
import { refuse } from './refusals.ts';
import type { Parameter, Routine, SchemaCache } from './schema.ts';

/** A call of a function, as far as it chooses between functions. */
export interface Call {
  schema: string;
  name: string;
  /** The names of the arguments. */
  keys: ReadonlySet<string>;
  /** The body's media type with POST, null with GET. */
  bodyType: string | null;
}

/** The types of a single unnamed parameter that takes the whole body, by the body's media type. */
const wholeBody: Record<string, readonly string[]> = {
  'application/json': ['json', 'jsonb'],
  'text/plain': ['text'],
  'text/xml': ['xml'],
  'application/octet-stream': ['bytea'],
};

/** Finds the function for a call by the names of its arguments. Refuses none (PGRST202) and several (PGRST203). */
export function findRoutine(cache: SchemaCache, call: Call): Routine {
  const overloads = cache.routines.get(call.schema)?.get(call.name) ?? [];
  const named = overloads.filter((routine) => takes(routine, call));
  const types = wholeBody[call.bodyType ?? ''] ?? [];
  const candidates =
    named.length > 0
      ? named
      : overloads.filter((routine) => takesBody(routine) && types.includes(routine.inputs[0]?.type ?? ''));
  const [only, ...others] = candidates;
  if (!only) return refuseUnknown(call, hintOf(cache, call, overloads));
  if (others.length === 0) return only;
  const listed = candidates.map(
    ({ schema, name, inputs }) =>
      `${schema}.${name}(${inputs.map((input) => `${input.name} => ${input.type}`).join(', ')})`,
  );
  refuse(300, 'PGRST203', `Could not choose the best candidate function between: ${listed.join(', ')}`, {
    hint: 'Try renaming the parameters or the function itself in the database so function overloading can be resolved',
  });
}

/** Whether the only parameter of a function has no name: it takes the whole body. */
export function takesBody({ inputs }: Routine): boolean {
  return inputs.length === 1 && inputs[0]?.name === '';
}

function takes({ inputs }: Routine, { keys, bodyType }: Call): boolean {
  if (inputs.length === 0) return keys.size === 0 && !hasNoFields(bodyType);
  const names = new Set(inputs.map(({ name }) => name));
  return (
    inputs.every(({ name, required }) => !required || keys.has(name)) &&
    [...keys].every((key) => names.has(key))
  );
}

/** Whether a body of this type is one value, without fields. */
export function hasNoFields(bodyType: string | null): boolean {
  return bodyType === 'text/plain' || bodyType === 'text/xml' || bodyType === 'application/octet-stream';
}

/** The overload with the closest parameters, or else the function with the closest name; null for a body without fields. */
function hintOf(
  cache: SchemaCache,
  { schema, name, keys, bodyType }: Call,
  overloads: Routine[],
): string | null {
  if (hasNoFields(bodyType)) return null;
  const list = (names: string[]) => `(${names.toSorted().join(', ')})`;
  const known = overloads.map(({ inputs }) => list(inputs.map((input) => input.name)));
  const parameters = closestName(list([...keys]), known);
  const closest =
    overloads.length > 0
      ? parameters && name + parameters
      : closestName(name, cache.routines.get(schema)?.keys() ?? [], 0.75);
  return closest && `Perhaps you meant to call the function ${schema}.${closest}`;
}

function refuseUnknown({ schema, name, keys, bodyType }: Call, hint: string | null): never {
  const wanted = `${schema}.${name}`;
  const sorted = [...keys].toSorted();
  const list = sorted.join(', ');
  const opaque = hasNoFields(bodyType);
  const shown = opaque ? '' : sorted.length === 0 ? ' without parameters' : `(${list})`;
  const searched =
    sorted.length === 0 ? ' without parameters' : ` with parameter${sorted.length > 1 ? 's' : ''} ${list}`;
  const details = opaque
    ? ` with a single unnamed ${wholeBody[bodyType ?? '']?.[0]} parameter`
    : `${searched}${bodyType === 'application/json' ? ' or with a single unnamed json/jsonb parameter' : ''}`;
  refuse(404, 'PGRST202', `Could not find the function ${wanted}${shown} in the schema cache`, {
    details: `Searched for the function ${wanted}${details}, but no matches were found in the schema cache.`,
    hint,
  });
}

/** Whether a function returns values instead of rows with columns. */
export function isScalar({ returnsRow }: Routine): boolean {
  return !returnsRow;
}

/** The media types in which a function's value is sent unchanged. */
export function ownMediaTypes(routine: Routine): string[] {
  if (!isScalar(routine)) return [];
  // A domain may have the name of a media type: docs.postgrest.org, references/api/media_type_handlers.
  if (/^[a-z]+\/[a-z0-9.+-]+$/i.test(routine.returnType)) return [routine.returnType];
  return routine.returnBase === 'bytea' ? ['application/octet-stream'] : [];
}

/** The parameter with this name. */
export function inputOf({ inputs }: Routine, name: string): Parameter | undefined {
  return inputs.find((input) => input.name === name);
}
