/** Methods that the IANA registry lists as idempotent (RFC 9110 9.2.2 and 16.1). */
const idempotent: ReadonlySet<string> = new Set(
  (
    'GET HEAD OPTIONS TRACE PUT DELETE ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK MERGE MKACTIVITY ' +
    'MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PRI PROPFIND PROPPATCH QUERY REBIND REPORT SEARCH ' +
    'UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL'
  ).split(' '),
);

/** Whether sending a request twice is like sending it once, by its case-sensitive method. An unknown method is taken for a write. */
export function isIdempotent(method: string): boolean {
  return idempotent.has(method);
}
