/** A file that is made from the database, the list of errors or the OpenAPI document. */
export interface GeneratedFile {
  file: string;
  content: string;
}
