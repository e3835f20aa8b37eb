/** The most bytes of a body that are waited for. */
const smallBodyBytes = 65_536;

/** Whether a response that announces so many bytes wins only when all of them are here: one that breaks off is worth another try. */
export function isSmall(announcedBytes: number | undefined): boolean {
  return announcedBytes !== undefined && announcedBytes <= smallBodyBytes;
}
