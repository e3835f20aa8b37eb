/** Methods that the IANA registry lists as idempotent (RFC 9110 9.2.2 and 16.1): sending one twice is like once. */
const idempotent: ReadonlySet<string> = new Set(
  (
    'GET HEAD OPTIONS TRACE PUT DELETE ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK MERGE MKACTIVITY ' +
    'MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PRI PROPFIND PROPPATCH QUERY REBIND REPORT SEARCH ' +
    'UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL'
  ).split(' '),
);

/** Methods are case-sensitive; an unknown one is taken for a write. */
export function isIdempotent(method: string): boolean {
  return idempotent.has(method);
}
