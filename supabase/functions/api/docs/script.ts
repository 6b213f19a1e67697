/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Content, OpenApi, Operation, Parameter, Schema } from './document.ts';

/**
 * Runs in the browser: reads the OpenAPI document and builds the page from it. The page carries the text of this
 * function, so everything that it uses stands inside of it. All that it shows it sets as text, never as HTML.
 */
export async function runDocsPage(): Promise<void> {
  // The page may stand at /functions/v1/api/docs/ or at /api/docs/, with or without the last slash.
  const base = location.pathname.replace(/\/docs\/?$/, '');
  // In memory only: a token that a page stores outlives the visit.
  const credentials = { token: '' };
  const main = document.querySelector('main') as HTMLElement;

  type Child = Node | string | null | false | undefined;

  function element<Name extends keyof HTMLElementTagNameMap>(
    name: Name,
    properties: Partial<Omit<HTMLElementTagNameMap[Name], 'style'>> = {},
    ...children: Child[]
  ): HTMLElementTagNameMap[Name] {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
    return node;
  }

  /** Text with `code` in it. */
  function prose(text: string): DocumentFragment {
    const fragment = document.createDocumentFragment();
    for (const [index, piece] of text.split('`').entries()) {
      fragment.append(index % 2 === 1 ? element('code', {}, piece) : piece);
    }
    return fragment;
  }

  let openApi: OpenApi;
  try {
    const response = await fetch(`${base}/openapi.json`);
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    openApi = await response.json();
  } catch (error) {
    main.replaceChildren(element('p', { role: 'alert' }, `The description could not be read: ${error}`));
    return;
  }

  // Schemas

  function nameOf(schema: Schema): string | undefined {
    return schema.$ref?.split('/').at(-1);
  }

  /** The schema that a reference leads to, with what it is put together from in one. */
  function resolve(schema: Schema): Schema {
    const name = nameOf(schema);
    const target = name === undefined ? schema : (openApi.components.schemas[name] ?? {});
    if (!target.allOf) return target;
    const parts = target.allOf.map(resolve);
    return {
      ...target,
      properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
      required: parts.flatMap(({ required }) => required ?? []),
    };
  }

  function typeOf(schema: Schema): string {
    const target = resolve(schema);
    const alternatives = target.anyOf ?? target.oneOf;
    if (alternatives) return [...new Set(alternatives.map(typeOf))].join(' or ');
    if (target.const !== undefined) return JSON.stringify(target.const);
    if (target.enum) return target.enum.map((value) => JSON.stringify(value)).join(' or ');
    if (target.items) return `list of ${typeOf(target.items)}`;
    const types = [target.type ?? (target.properties ? 'object' : 'anything')].flat();
    return types
      .map((type) => (type === 'null' || !target.format ? type : `${type} (${target.format})`))
      .join(' or ');
  }

  function limitsOf(schema: Schema): string {
    const { minLength, maxLength, minimum, maximum, maxItems, ...rest } = resolve(schema);
    const range = (low: number | undefined, high: number | undefined, what: string) => {
      if (high === undefined) return low === undefined ? '' : `at least ${low}${what}`;
      return low === undefined ? `at most ${high}${what}` : `${low} to ${high}${what}`;
    };
    const limits = [
      range(minLength, maxLength, ' characters'),
      // The safe integers of JSON are no limit that anybody would want to read.
      range(minimum, maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum, ''),
      range(undefined, maxItems, ' entries'),
      rest.default === undefined ? '' : `default ${JSON.stringify(rest.default)}`,
    ];
    return limits.filter((limit) => limit !== '').join(', ');
  }

  /** The fields inside of a schema: its own, or those of what it lists. */
  function fieldsOf(schema: Schema): Schema | null {
    const target = resolve(schema);
    if (target.properties) return target;
    if (target.items) return fieldsOf(target.items);
    const alternatives = (target.anyOf ?? target.oneOf ?? []).map(fieldsOf);
    return alternatives.find((alternative) => alternative !== null) ?? null;
  }

  function fieldList(schema: Schema): HTMLElement | null {
    const target = fieldsOf(schema);
    if (!target?.properties) return null;
    const rows = Object.entries(target.properties).map(([name, field]) =>
      fieldRow(name, field, target.required?.includes(name) ?? false, field.description),
    );
    return element('ul', { className: 'fields' }, ...rows);
  }

  function fieldRow(name: string, schema: Schema, required: boolean, description?: string): HTMLElement {
    const limits = limitsOf(schema);
    const text = description ?? resolve(schema).description;
    return element(
      'li',
      {},
      element('code', { className: 'name' }, name),
      element('span', { className: 'type' }, typeOf(schema), limits && ` · ${limits}`),
      required && element('span', { className: 'required' }, 'required'),
      text && element('p', {}, prose(text)),
      fieldList(schema),
    );
  }

  function exampleOf(schema: Schema): unknown {
    const target = resolve(schema);
    const given = schema.example ?? target.example ?? target.default ?? target.const ?? target.enum?.[0];
    if (given !== undefined) return given;
    const [alternative] = target.anyOf ?? target.oneOf ?? [];
    if (alternative) return exampleOf(alternative);
    if (target.properties) {
      return Object.fromEntries(
        Object.entries(target.properties).map(([name, field]) => [name, exampleOf(field)]),
      );
    }
    if (target.items) return [exampleOf(target.items)];
    const [type] = [target.type].flat();
    if (type === 'integer' || type === 'number') return target.minimum ?? 0;
    if (type === 'boolean') return true;
    if (type === 'object') return {};
    const formats: Record<string, string> = {
      uuid: '01a205f9-03ce-7645-bbdb-9c01a5d9f371',
      email: 'kai@example.com',
      date: '2004-02-29',
      'date-time': '2026-11-23T10:00:00.000Z',
      password: 'a long password',
    };
    return formats[target.format ?? ''] ?? 'text';
  }

  function codeBlock(label: string, text: string): HTMLElement {
    return element('figure', {}, element('figcaption', {}, label), element('pre', { tabIndex: 0 }, text));
  }

  // Endpoints

  function showContent(content: Content): HTMLElement[] {
    return Object.entries(content).map(([type, { schema = {} }]) =>
      element(
        'div',
        { className: 'content' },
        element('p', { className: 'type' }, type, nameOf(schema) ? ` · ${nameOf(schema)}` : ''),
        resolve(schema).description && element('p', {}, prose(resolve(schema).description ?? '')),
        fieldList(schema),
        /json$/.test(type) && codeBlock('Example', JSON.stringify(exampleOf(schema), null, 2)),
      ),
    );
  }

  function showAnswers(operation: Operation): HTMLElement {
    const answers = Object.entries(operation.responses).map(([status, { description, content, headers }]) => {
      const summary = element('span', {}, element('code', {}, status), ` ${description}`);
      const isProblem = content !== undefined && 'application/problem+json' in content;
      // Every problem has the same form: it is told once, at the head of the page.
      if (!content || isProblem) return element('p', { className: `answer s${status[0]}` }, summary);
      const named = Object.keys(headers ?? {}).join(', ');
      return element(
        'details',
        { className: `answer s${status[0]}` },
        element('summary', {}, summary),
        named && element('p', {}, 'Headers: ', element('code', {}, named)),
        ...showContent(content),
      );
    });
    return element('div', {}, element('h4', {}, 'Answers'), ...answers);
  }

  function showParameters(parameters: Parameter[]): HTMLElement | null {
    if (parameters.length === 0) return null;
    const rows = parameters.map(({ name, schema = {}, required = false, description, in: place }) =>
      fieldRow(name, schema, required, description ?? `In the ${place}.`),
    );
    return element(
      'div',
      {},
      element('h4', {}, 'Parameters'),
      element('ul', { className: 'fields' }, ...rows),
    );
  }

  function showOperation(path: string, method: string, operation: Operation): HTMLElement {
    const { parameters = [], requestBody, security } = operation;
    const body = element('div', { className: 'operation' });
    const details = element(
      'details',
      { id: operation.operationId, className: 'endpoint' },
      element(
        'summary',
        {},
        element('span', { className: `method ${method}` }, method.toUpperCase()),
        element('code', { className: 'path' }, path),
        element('span', { className: 'summary' }, operation.summary),
        security.length > 0 &&
          element(
            'span',
            { className: 'lock' },
            security.some((scheme) => 'secretKey' in scheme) ? 'secret key' : 'token',
          ),
      ),
      body,
    );
    // Built when it is opened for the first time: the page has thousands of elements, and one is looked at.
    details.addEventListener('toggle', () => {
      if (!details.open || body.hasChildNodes()) return;
      const parts: Child[] = [
        operation.description && element('p', {}, prose(operation.description)),
        showParameters(parameters),
        requestBody && element('h4', {}, 'Body'),
        ...(requestBody ? showContent(requestBody.content) : []),
        showAnswers(operation),
        tryIt(path, method, operation),
      ];
      body.append(...parts.filter((part) => part instanceof Node));
    });
    return details;
  }

  // Try it

  let lastId = 0;

  function labelled(label: string, input: HTMLElement, hint = ''): HTMLElement {
    input.id = `input-${++lastId}`;
    return element(
      'div',
      { className: 'input' },
      element(
        'label',
        { htmlFor: input.id },
        label,
        hint && element('span', { className: 'type' }, ` ${hint}`),
      ),
      input,
    );
  }

  function tryIt(path: string, method: string, operation: Operation): HTMLElement {
    const parameters = (operation.parameters ?? []).map((parameter) => ({
      parameter,
      input: element('input', { type: 'text', autocomplete: 'off', required: parameter.required ?? false }),
    }));
    const wantsSecret = operation.security.some((scheme) => 'secretKey' in scheme);
    const secret = element('input', { type: 'password', autocomplete: 'off' });
    const content = operation.requestBody?.content ?? {};
    const body = bodyInput(content);
    const output = element('div', { className: 'output' });
    output.setAttribute('aria-live', 'polite');
    const send = element('button', { type: 'submit' }, 'Send');

    const form = element(
      'form',
      { className: 'try' },
      element('h4', {}, 'Try it'),
      ...parameters.map(({ parameter, input }) => labelled(parameter.name, input, `in the ${parameter.in}`)),
      wantsSecret && labelled('apikey', secret, 'the secret key'),
      body.node,
      send,
      output,
    );
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const headers = new Headers();
      const query = new URLSearchParams();
      let target = path;
      for (const { parameter, input } of parameters) {
        if (parameter.in === 'path')
          target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
        else if (input.value === '') continue;
        else if (parameter.in === 'query') query.set(parameter.name, input.value);
        else headers.set(parameter.name, input.value);
      }
      if (wantsSecret && secret.value) headers.set('apikey', secret.value);
      else if (operation.security.length > 0 && credentials.token)
        headers.set('authorization', `Bearer ${credentials.token}`);
      const payload = body.read();
      if (typeof payload === 'string') headers.set('content-type', 'application/json');
      send.disabled = true;
      output.replaceChildren(element('p', {}, 'Sending …'));
      const url = `${base}${target}/${query.size > 0 ? `?${query}` : ''}`;
      try {
        const began = performance.now();
        const request = { method: method.toUpperCase(), headers };
        const response = await fetch(url, payload === null ? request : { ...request, body: payload });
        const text = await response.text();
        showAnswer(output, response, text, Math.round(performance.now() - began));
      } catch (error) {
        output.replaceChildren(element('p', { role: 'alert' }, `No answer came: ${error}`));
      }
      send.disabled = false;
    });
    return form;
  }

  function showAnswer(output: HTMLElement, response: Response, text: string, milliseconds: number): void {
    let pretty = text;
    let token: unknown;
    try {
      const json: unknown = JSON.parse(text);
      pretty = JSON.stringify(json, null, 2);
      if (typeof json === 'object' && json !== null && 'token' in json) token = json.token;
    } catch {
      // Not JSON: shown as it came.
    }
    const line = `${response.status} ${response.statusText} · ${milliseconds} ms`;
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    const use = element('button', { type: 'button', className: 'quiet' }, 'Use this token');
    use.addEventListener('click', () => {
      tokenInput.value = String(token);
      credentials.token = String(token);
      use.replaceWith(element('p', {}, 'The token is in use.'));
    });
    output.replaceChildren(
      element('p', { className: `status s${String(response.status)[0]}` }, line),
      // Upload URLs have a token as well, which is none to sign in with.
      ...(typeof token === 'string' && token.split('.').length === 3 && pretty.includes('refresh_token')
        ? [use]
        : []),
      codeBlock('Headers', headers),
      codeBlock('Body', pretty === '' ? '(empty)' : pretty),
    );
  }

  /** What a form gives as the body of a request: nothing, JSON, or a form with files. */
  interface BodyInput {
    node: HTMLElement | null;
    read(): string | FormData | null;
  }

  function bodyInput(content: Content): BodyInput {
    const kinds = Object.entries(content).map(([type, { schema = {} }]) => ({
      type,
      input: type === 'multipart/form-data' ? formInput(schema) : jsonInput(schema),
    }));
    const [first] = kinds;
    if (!first) return { node: null, read: () => null };
    let chosen = first;
    const choice = element(
      'select',
      {},
      ...kinds.map(({ type }) => element('option', { value: type }, type)),
    );
    const place = element('div', {}, first.input.node);
    choice.addEventListener('change', () => {
      chosen = kinds.find(({ type }) => type === choice.value) ?? first;
      place.replaceChildren(chosen.input.node ?? '');
    });
    const node = element('div', {}, kinds.length > 1 && labelled('Body as', choice), place);
    return { node, read: () => chosen.input.read() };
  }

  function jsonInput(schema: Schema): BodyInput {
    const value = JSON.stringify(exampleOf(schema), null, 2);
    const area = element('textarea', {
      value,
      rows: Math.min(value.split('\n').length + 1, 14),
      spellcheck: false,
    });
    return { node: labelled('Body', area, 'JSON'), read: () => area.value };
  }

  function formInput(schema: Schema): BodyInput {
    const fields = Object.entries(resolve(schema).properties ?? {}).map(([name, field]) => {
      const items = resolve(field).items;
      const isFile = (items ? resolve(items) : resolve(field)).format === 'binary';
      const input = element('input', { type: isFile ? 'file' : 'text', autocomplete: 'off' });
      if (isFile) input.multiple = items !== undefined;
      return { name, input, hint: typeOf(field) };
    });
    const read = () => {
      const form = new FormData();
      for (const { name, input } of fields) {
        if (input.type === 'file') for (const file of input.files ?? []) form.append(name, file);
        else if (input.value !== '') form.append(name, input.value);
      }
      return form;
    };
    const node = element('div', {}, ...fields.map(({ name, input, hint }) => labelled(name, input, hint)));
    return { node, read };
  }

  // The page

  const tokenInput = element('input', {
    type: 'password',
    autocomplete: 'off',
    placeholder: 'From POST /auth/token/',
    spellcheck: false,
  });
  tokenInput.addEventListener('input', () => {
    credentials.token = tokenInput.value.trim();
  });

  const operations = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = openApi.tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return element(
      'section',
      { id: name.toLowerCase() },
      element('h2', {}, name),
      element('p', {}, prose(description)),
      ...own.map(({ path, method, operation }) => showOperation(path, method, operation)),
    );
  });
  const problem = openApi.components.schemas.Problem;
  main.replaceChildren(
    ...openApi.info.description.split('\n\n').map((text) => element('p', {}, prose(text))),
    element('p', {}, element('a', { href: `${base}/openapi.json` }, 'openapi.json')),
    labelled('Token', tokenInput, 'kept in this tab’s memory only'),
    element(
      'nav',
      {},
      ...openApi.tags.map(({ name }) => element('a', { href: `#${name.toLowerCase()}` }, name)),
    ),
    ...sections,
    element('section', {}, element('h2', {}, 'Problems'), ...(problem ? [fieldList(problem) ?? ''] : [])),
  );
  // A link to an endpoint opens it.
  const linked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (linked instanceof HTMLDetailsElement) linked.open = true;
  linked?.scrollIntoView();
}
