import { z } from '@hono/zod-openapi';
import { Constants } from '../database.types.ts';
import { emptyAsNull, fromTexts } from '../http/form.ts';
import { order, PageQuery } from '../http/lists.ts';
import { person, text, timestamp, uuid } from '../http/schemas.ts';
import type { FieldCodes } from '../http/validate.ts';
import { limits } from '../limits.ts';
import { owner } from '../people/people-schemas.ts';

/** The codes of fields that mean something else elsewhere. */
export const reportCodes: FieldCodes = {
  comment: 'comment_not_found',
  id: 'report_not_found',
  note: 'report_note_invalid',
  post: 'post_not_found',
  reason: 'report_reason_invalid',
  state: 'report_state_invalid',
  text: 'report_text_invalid',
};

const { report_reason, report_state } = Constants.public.Enums;

const reason = z.enum(report_reason, `A reason is one of ${report_reason.join(', ')}.`);
const state = z.enum(report_state, `A state is one of ${report_state.join(', ')}.`);

/** Body of POST /reports/. */
export const NewReport = z
  .strictObject({
    post: uuid.nullish(),
    comment: uuid.nullish(),
    user: person.nullish(),
    reason,
    text: text('A report', limits.report_length).nullish(),
  })
  .openapi('NewReport', {
    description: 'About exactly one of `post`, `comment` and `user`.',
    example: { user: 'kai_berlin', reason: 'spam' },
  });

/** The same as a form. */
export const NewReportForm = fromTexts(NewReport, {
  post: emptyAsNull(NewReport.shape.post),
  comment: emptyAsNull(NewReport.shape.comment),
  user: emptyAsNull(NewReport.shape.user),
}).openapi('NewReportForm');

/** Query of GET /reports/. */
export const ReportsQuery = PageQuery.extend({
  state: state.optional(),
  order: order.default('newest').openapi({ description: 'Which report comes first.' }),
});

/** Body of PATCH /reports/{id}/. */
export const ReportEdit = z
  .strictObject({
    state: state.nullish(),
    note: text('A note', limits.report_length).nullish(),
  })
  .openapi('ReportEdit', {
    description: 'Omitted or null fields stay unchanged.',
    example: { state: 'resolved', note: 'The post is hidden.' },
  });

/** A report as its reporter reads it. */
export const SentReportAnswer = z
  .object({
    id: uuid,
    post: uuid.nullable(),
    comment: uuid.nullable(),
    user: uuid.nullable(),
    reason,
    text: z.string(),
    created_at: timestamp,
  })
  .openapi('SentReport');

/** A report as moderators read it. */
export const ReportAnswer = SentReportAnswer.extend({
  state,
  note: z.string().openapi({ description: 'Of the moderators.' }),
  reporter: owner.nullable().openapi({ description: 'Null if the account is deleted.' }),
  owner: owner.nullable().openapi({
    description:
      'Of the post or comment, also once it is deleted, or the user. Null if the account is deleted.',
  }),
  preview: z.string().nullable().openapi({
    description: 'The beginning of the post or comment as it was reported, also once it is deleted.',
  }),
  handled_by: owner.nullable().openapi({ description: 'The moderator who last changed it.' }),
  updated_at: timestamp,
}).openapi('Report');

/** A report as moderators read it. */
export type Report = z.infer<typeof ReportAnswer>;
