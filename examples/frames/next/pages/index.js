/** The app's own page. */
export default function Page() {
  return 'the app';
}
