import type { Report, ReportEdit, NewReport as ReportFields, SentReport } from './api.types.ts';
import {
  type Arguments,
  attemptAsCaller,
  type CallOptions,
  type Context,
  type Result,
  write,
} from './calls.ts';
import { noComment } from './comments.ts';
import { refusal } from './errors.ts';
import { type List, type ListOptions, list } from './lists.ts';
import { noPost } from './posts.ts';
import { withUrls } from './profiles.ts';

/** A new report, for `reports.create`: about one of `post`, `comment` and `user` (an id or a user name). */
export type NewReport = CallOptions &
  Pick<ReportFields, 'reason' | 'text'> &
  (
    | { post: string; comment?: never; user?: never }
    | { comment: string; post?: never; user?: never }
    | { user: string; post?: never; comment?: never }
  );

/** The changes of `reports.update`. Omitted fields stay unchanged. */
export interface ReportChanges extends ReportEdit, CallOptions {}

/** The options of `reports.list`. */
export interface ReportListOptions extends ListOptions {
  /** Default: reports in any state. */
  state?: Report['state'] | undefined;
  /** Default: newest. */
  order?: 'oldest' | 'newest' | undefined;
}

/** Reports to the moderators: `noctra.reports`. */
export type Reports = ReturnType<typeof createReports>;

/** Makes `noctra.reports`. */
export function createReports(context: Context) {
  const { supabase, reader, url } = context;

  const toReport = ({ person, ...report }: ReportRow): Report => ({ ...report, user: person });

  return {
    /**
     * Reports a post, a comment or a person to the moderators. While a report of the same thing is open, it is answered
     * and none is added.
     *
     * @example
     * await noctra.reports.create({ post: post.id, reason: 'spam' });
     * await noctra.reports.create({ user: 'ben', reason: 'harassment', text: 'Under each of my posts.' });
     */
    create: ({ post, comment, user, signal, ...report }: NewReport): Promise<Result<SentReport>> =>
      attemptAsCaller(context, signal, async () => {
        const target = { post_id: post, comment_id: comment, person: user };
        const query = supabase.rpc('create_report', { ...report, ...target } as Arguments<'create_report'>);
        const malformed = post ? noPost() : noComment();
        // The other fields are for moderators.
        const sent = await write<ReportRow>(context, query, signal, malformed);
        const { id, post: its, comment: of, person, reason, text, created_at } = sent;
        return { id, post: its, comment: of, user: person, reason, text, created_at };
      }),

    /**
     * The reports, newest first by default: for moderators.
     *
     * @example
     * for await (const report of noctra.reports.list({ state: 'open', order: 'oldest' })) show(report);
     */
    list: ({ state, order, ...options }: ReportListOptions = {}): List<Report> =>
      list<Report, ReportRow>(context, options, {
        query: (bounds) =>
          reader.rpc(
            'list_reports',
            { newest_first: order !== 'oldest', state, ...bounds } as Arguments<'list_reports'>,
            { get: true },
          ),
        toItems: (rows) => rows.map(toReport),
      }),

    /**
     * Changes the state or the note of a report: for moderators.
     *
     * @example
     * await noctra.reports.update(report.id, { state: 'resolved', note: 'The post is hidden.' });
     */
    update: (id: string, { signal, ...changes }: ReportChanges): Promise<Result<Report>> =>
      attemptAsCaller(context, signal, async () => {
        const edit = { ...changes, report_id: id } as Arguments<'update_report'>;
        const malformed = refusal('report_not_found', 404, 'There is no such report.');
        const row = await write<ReportRow>(context, supabase.rpc('update_report', edit), signal, malformed);
        return toReport(withUrls(url, row));
      }),
  };
}

/** A report as the database gives it. */
type ReportRow = Omit<Report, 'user'> & { person: string | null };
