/** How the page looks: one column, from 320 pixels on, light or dark as the reader's system is. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #fbfbfd; --raised: #fff; --line: #d9dbe6; --ink: #1a1d2e; --faint: #5b6079;
  --accent: #4652b8; --code: #eef0f7; --good: #1d7a46; --warn: #96600b; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11131f; --raised: #191c2c; --line: #303550; --ink: #e6e8f4; --faint: #a0a6c4;
    --accent: #a3aefc; --code: #232740; --good: #6fd69a; --warn: #f0bd6a; --bad: #ff9b92;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
header, main { max-width: 60rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.5rem; }
main { padding-bottom: 4rem; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 2.5rem 0 0.25rem; font-size: 1.25rem; }
h4 { margin: 1.25rem 0 0.5rem; font-size: 0.95rem; }
p { margin: 0.5rem 0; overflow-wrap: anywhere; }
a { color: var(--accent); }
code, pre, textarea { font: 0.875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { padding: 0.1em 0.3em; border-radius: 0.25rem; background: var(--code); overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 1rem 0; }
nav a { padding: 0.25rem 0; }
.endpoint { margin: 0.5rem 0; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--raised); }
summary { cursor: pointer; }
.endpoint > summary {
  display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.6rem; padding: 0.6rem 0.75rem; list-style: none;
}
.endpoint > summary::-webkit-details-marker { display: none; }
.method { min-width: 4.2rem; font-size: 0.75rem; font-weight: 700; letter-spacing: 0.04em; color: var(--accent); }
.method.post { color: var(--good); }
.method.patch { color: var(--warn); }
.method.delete { color: var(--bad); }
.path { background: none; padding: 0; font-weight: 600; }
.summary { color: var(--faint); }
.lock { margin-left: auto; padding: 0 0.4rem; border: 1px solid var(--line); border-radius: 1rem; color: var(--faint); font-size: 0.75rem; }
.operation { padding: 0 0.75rem 0.75rem; border-top: 1px solid var(--line); }
.fields { margin: 0; padding: 0; list-style: none; }
.fields li { padding: 0.35rem 0; border-top: 1px solid var(--line); }
.fields li:first-child { border-top: 0; }
.fields .fields { margin: 0.35rem 0 0 0.5rem; padding-left: 0.75rem; border-left: 2px solid var(--line); }
.fields p { margin: 0.15rem 0 0; color: var(--faint); font-size: 0.9rem; }
.name { margin-right: 0.5rem; font-weight: 600; }
.type { color: var(--faint); font-size: 0.85rem; font-weight: 400; overflow-wrap: anywhere; }
.required { margin-left: 0.5rem; color: var(--bad); font-size: 0.75rem; }
.answer { margin: 0.25rem 0; }
.answer code, .status { color: var(--bad); }
.answer.s2 > summary > span > code, .status.s2 { color: var(--good); }
.content { margin: 0.5rem 0; }
figure { margin: 0.5rem 0; }
figcaption { color: var(--faint); font-size: 0.85rem; }
pre {
  max-height: 24rem; margin: 0.15rem 0; padding: 0.6rem 0.75rem; overflow: auto;
  border-radius: 0.4rem; background: var(--code);
}
.try { margin-top: 1.25rem; padding-top: 0.25rem; border-top: 1px dashed var(--line); }
.input { margin: 0.6rem 0; }
label { display: block; font-size: 0.9rem; font-weight: 600; }
input, select, textarea {
  width: 100%; padding: 0.5rem 0.6rem; border: 1px solid var(--line); border-radius: 0.4rem;
  background: var(--ground); color: inherit;
}
/* 16 pixels: a phone zooms into anything smaller. */
input, select { font: inherit; }
textarea { display: block; font-size: 16px; resize: vertical; }
button {
  min-height: 2.75rem; padding: 0.4rem 1.25rem; border: 0; border-radius: 0.4rem;
  background: var(--accent); color: var(--ground); font: inherit; font-weight: 600; cursor: pointer;
}
button.quiet { border: 1px solid var(--line); background: none; color: var(--accent); }
button:disabled { opacity: 0.6; cursor: progress; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.status { font-weight: 700; }
`;
