import { type Figure, format, type Goal, goalText, type Ratio, type Report, reached } from './report.ts';

const barWidth = 420;
const labelWidth = 330;
const rowHeight = 24;

/** Draws one or more reports side by side as one HTML page without scripts. */
export function plotPage(reports: readonly { title: string; report: Report }[]): string {
  const areas = [...new Set(reports.flatMap(({ report }) => report.figures.map(({ area }) => area)))];
  const [newest] = reports.map(({ report }) => report);
  const goals = reports
    .map(({ title, report }) => `<h3>${escapeHtml(title)}</h3>${goalsTable(report)}`)
    .join('');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Noctra: benchmark</title>
<style>${style}</style>
<h1>Noctra: benchmark</h1>
<p>${reports.map(({ title, report }) => escapeHtml(`${title}: ${about(report)}`)).join('<br>')}</p>
<p>A bar is the median; its line goes from the first to the third quartile of the rounds. Do not compare figures of
different machines; compare ratios.</p>
<h2>Targets</h2>
${goals}
${areas.map((area) => areaSection(area, reports)).join('\n')}
${newest ? plansSection(newest) : ''}
</html>
`;
}

const style = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2024; background: #fff }
h2 { margin-top: 2.5rem } h3 { margin-bottom: .3rem; font-size: 1rem }
svg { display: block; max-width: 100%; height: auto } text { font: 13px system-ui, sans-serif; fill: #1c2024 }
table { border-collapse: collapse } td, th { padding: .15rem .8rem .15rem 0; text-align: left } td.number { text-align: right; font-variant-numeric: tabular-nums }
.missed { color: #b42318; font-weight: 600 } .reached { color: #187741 } pre { overflow-x: auto; font-size: 12px; background: #f5f6f7; padding: .8rem }
`;

const colours = ['#3b6fd4', '#e08a2e', '#4b9a63', '#9a4b8f'];

function about({ size, machine, startedAt }: Report): string {
  const posts = `${size.posts.toLocaleString('en')} posts, ${size.people.toLocaleString('en')} people`;
  return `${posts}; ${machine.cpus} cores, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.node}, PostgreSQL ${machine.postgres}; ${startedAt.slice(0, 16).replace('T', ' ')}`;
}

function goalsTable({ ratios }: Report): string {
  const rows = ratios.flatMap(({ area, name, value, goal }) =>
    goal ? [goalRow(`${area}: ${name}`, value.median, reached(value, goal), goal)] : [],
  );
  return `<table><tr><th>ratio</th><th>median</th><th>goal</th><th></th></tr>${rows.join('')}</table>`;
}

function goalRow(name: string, median: number, isReached: boolean, goal: Goal): string {
  const [verdict, word] = isReached ? ['reached', 'reached'] : ['missed', 'not reached'];
  return `<tr><td>${escapeHtml(name)}</td><td class="number">${format(median)}</td><td>${goalText(goal)}</td><td class="${verdict}">${word}</td></tr>`;
}

/** One plot for each unit of an area, because bars of different units have no common scale. */
function areaSection(area: string, reports: readonly { title: string; report: Report }[]): string {
  const units = [
    ...new Set(
      reports.flatMap(({ report }) =>
        report.figures.filter((figure) => figure.area === area).map(({ unit }) => unit),
      ),
    ),
  ];
  const plots = units.map((unit) => {
    const series = reports.map(({ title, report }) => ({
      title,
      figures: report.figures.filter((figure) => figure.area === area && figure.unit === unit),
    }));
    return `<h3>${escapeHtml(unit)}</h3>${barPlot(series)}`;
  });
  const ratios = reports
    .map(({ report }) => report.ratios.filter((ratio) => ratio.area === area))
    .find(({ length }) => length > 0);
  return `<h2>${escapeHtml(area)}</h2>${plots.join('')}${ratios ? ratioList(ratios) : ''}`;
}

function ratioList(ratios: readonly Ratio[]): string {
  const rows = ratios.map(
    ({ name, value }) =>
      `<tr><td>${escapeHtml(name)}</td><td class="number">${format(value.median)}</td></tr>`,
  );
  return `<h3>ratios</h3><table>${rows.join('')}</table>`;
}

function barPlot(series: readonly { title: string; figures: readonly Figure[] }[]): string {
  const names = [...new Set(series.flatMap(({ figures }) => figures.map(({ name }) => name)))];
  const longest = Math.max(
    ...series.flatMap(({ figures }) => figures.map(({ value }) => value.high)),
    Number.MIN_VALUE,
  );
  const scale = (value: number) => (Number.isFinite(value) ? (Math.max(value, 0) / longest) * barWidth : 0);
  const rows: string[] = [];
  let y = 0;
  for (const name of names) {
    const top = y;
    for (const [place, { figures }] of series.entries()) {
      const value = figures.find((figure) => figure.name === name)?.value;
      if (!value) continue;
      const middle = y + rowHeight / 2;
      rows.push(
        `<rect x="${labelWidth}" y="${y + 4}" width="${scale(value.median).toFixed(1)}" height="${rowHeight - 8}" fill="${colours[place % colours.length]}"/>`,
        `<line x1="${labelWidth + scale(value.low)}" x2="${labelWidth + scale(value.high)}" y1="${middle}" y2="${middle}" stroke="#1c2024"/>`,
        `<text x="${labelWidth + scale(value.high) + 8}" y="${middle + 4}">${format(value.median)}</text>`,
      );
      y += rowHeight;
    }
    rows.push(`<text x="0" y="${(top + y) / 2 + 4}">${escapeHtml(name)}</text>`);
  }
  const legend =
    series.length > 1
      ? `<p>${series.map(({ title }, place) => `<span style="color:${colours[place % colours.length]}">■</span> ${escapeHtml(title)}`).join(' &nbsp; ')}</p>`
      : '';
  const width = labelWidth + barWidth + 90;
  return `${legend}<svg viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img">${rows.join('')}</svg>`;
}

function plansSection({ plans }: Report): string {
  const entries = Object.entries(plans).map(
    ([name, plan]) =>
      `<details><summary>${escapeHtml(name)}</summary><pre>${escapeHtml(plan)}</pre></details>`,
  );
  return entries.length > 0 ? `<h2>Plans, under row-level security</h2>${entries.join('')}` : '';
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
