/**
 * Writes deploy/monitoring/dashboard.json, the Grafana dashboard. With `--check` it writes nothing and exits 1 when the
 * file is stale. Its queries are in `scripts/monitoring/panels.ts`.
 * @module
 */
import { fileURLToPath } from 'node:url';
import { formatted } from './generate.ts';
import { isStale, writeOrCheck } from './monitoring/fresh.ts';
import { type Panel, ROWS } from './monitoring/panels.ts';

const FILE = 'deploy/monitoring/dashboard.json';
/** Schema of the dashboard model; newer Grafana upgrades it when it is loaded. */
const SCHEMA = 39;
const PANEL_HEIGHT = 7;
const NUMBER_HEIGHT = 4;
const COLUMNS = 24;
const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
const TYPES = { number: 'stat', lines: 'timeseries', table: 'table' } as const;

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

function targets({ queries, draw }: Panel): readonly object[] {
  return queries.map(({ expr, legend }, index) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + index),
    datasource: DATASOURCE,
    expr,
    ...(legend === '' ? {} : { legendFormat: legend }),
    ...(draw === 'table' ? { format: 'table', instant: true } : {}),
  }));
}

function thresholds({ yellow, red }: Panel): object {
  const step = (color: string, value: number | undefined) => (value === undefined ? [] : [{ color, value }]);
  const base = { color: yellow === undefined && red === undefined ? 'text' : 'green', value: null };
  return { mode: 'absolute', steps: [base, ...step('yellow', yellow), ...step('red', red)] };
}

function panelModel(panel: Panel, id: number, gridPos: Place): object {
  return {
    id,
    type: TYPES[panel.draw],
    title: panel.title,
    description: panel.about,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: { defaults: { unit: panel.unit, min: 0, thresholds: thresholds(panel) }, overrides: [] },
    ...(panel.draw === 'number'
      ? { options: { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'background', graphMode: 'area' } }
      : {}),
    ...(panel.draw === 'lines' ? { options: { tooltip: { mode: 'multi', sort: 'desc' } } } : {}),
    ...(panel.draw === 'table'
      ? {
          transformations: [
            { id: 'organize', options: { excludeByName: { Time: true }, renameByName: { Value: 'count' } } },
          ],
        }
      : {}),
    targets: targets(panel),
  };
}

/** All panels in their places, row after row, each row as high as its highest panel. */
function panels(): readonly object[] {
  const made: object[] = [];
  let y = 0;
  for (const row of ROWS) {
    const place = { x: 0, y, w: COLUMNS, h: 1 };
    made.push({
      id: made.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: place,
      panels: [],
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of row.panels) {
      const h = panel.draw === 'number' ? NUMBER_HEIGHT : PANEL_HEIGHT;
      if (x + panel.width > COLUMNS) {
        x = 0;
        y += height;
      }
      made.push(panelModel(panel, made.length + 1, { x, y, w: panel.width, h }));
      x += panel.width;
      height = h;
    }
    y += height;
  }
  return made;
}

/** The dashboard as Grafana loads it. */
export function dashboard(): string {
  const model = {
    uid: 'albsp',
    title: 'albsp: TLS security policies of ALB',
    tags: ['albsp'],
    schemaVersion: SCHEMA,
    editable: true,
    graphTooltip: 1,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
        {
          name: 'job',
          label: 'Job',
          type: 'query',
          datasource: DATASOURCE,
          query: { query: 'label_values(albsp_build_info, job)', refId: 'job' },
          refresh: 2,
          sort: 1,
          includeAll: true,
          multi: true,
          allValue: '.+',
          current: { selected: true, text: ['All'], value: ['$__all'] },
        },
      ],
    },
    annotations: { list: [] },
    links: [],
    panels: panels(),
  };
  return formatted(FILE, JSON.stringify(model));
}

/** Whether the file is not what this script writes. */
export async function dashboardIsStale(): Promise<boolean> {
  return isStale(FILE, dashboard());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeOrCheck('scripts/dashboard.ts', FILE, dashboard(), process.argv);
}
