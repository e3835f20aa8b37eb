/** The most bytes of a body that is waited for until it is whole. */
const smallBodyBytes = 65_536;

/** Whether a response that announces so many bytes wins only whole, because another endpoint can be asked when it breaks off. */
export function isSmall(announcedBytes: number | undefined): boolean {
  return announcedBytes !== undefined && announcedBytes <= smallBodyBytes;
}
