import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config.ts';
import type { Database } from '../database.types.ts';
import type { AppEnv } from '../http/context.ts';
import { dataOf, given } from '../http/database.ts';
import { addEndpoint } from '../http/endpoint.ts';
import { addList } from '../http/lists.ts';
import type { App } from '../http/openapi.ts';
import { uuid } from '../http/schemas.ts';
import {
  NewReport,
  NewReportForm,
  ReportAnswer,
  ReportEdit,
  ReportsQuery,
  reportCodes,
  SentReportAnswer,
} from './report-schemas.ts';

/** A report as the database gives it. */
type ReportRow = Database['public']['CompositeTypes']['report_view'];

/** Reports to moderators, and their queue. */
export function addReportRoutes(app: App, config: Config, requireCaller: MiddlewareHandler<AppEnv>): void {
  const common = { tag: 'Reports', requireCaller, codes: reportCodes } as const;

  addEndpoint(app, {
    ...common,
    method: 'post',
    path: '/reports/',
    name: 'report',
    summary: 'Report a post, a comment or a user',
    body: { json: NewReport, form: NewReportForm },
    answers: { 201: { description: 'Reported', schema: SentReportAnswer } },
    problems: [403, 404, 429],
    handler: async (c, { body }) => {
      const { post, comment, user, reason, text } = body;
      const report = { reason, ...given({ post_id: post, comment_id: comment, person: user, text }) };
      const sent = await dataOf(c.var.caller.client.rpc('create_report', report));
      return c.json(SentReportAnswer.parse(present(sent)), 201);
    },
  });

  addList(app, config, {
    ...common,
    path: '/reports/',
    name: 'listReports',
    summary: 'The reports, for moderators',
    holds: 'Reports, newest first unless `order` is `oldest`',
    query: ReportsQuery,
    item: ReportAnswer,
    problems: [403],
    read: (client, page, { query }) =>
      client.rpc(
        'list_reports',
        { ...page, newest_first: query.order === 'newest', ...given({ state: query.state }) },
        { get: true },
      ),
    idOf: ({ id }: ReportRow) => id,
    present: (_, rows) => rows.map(present),
  });

  addEndpoint(app, {
    ...common,
    method: 'patch',
    path: '/reports/{id}/',
    name: 'editReport',
    summary: 'Resolve or dismiss a report, for moderators',
    params: z.object({ id: uuid }),
    body: { json: ReportEdit },
    answers: { 200: { description: 'The report as it is now', schema: ReportAnswer } },
    problems: [403, 404],
    handler: async (c, { params, body }) => {
      const changes = { report_id: params.id, ...given(body) };
      return c.json(present(await dataOf(c.var.caller.client.rpc('update_report', changes))), 200);
    },
  });
}

/** The reported user has the name that it has in requests. */
function present({ person, ...report }: ReportRow) {
  return { ...report, user: person };
}
