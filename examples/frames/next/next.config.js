/** What Next compiles goes where no other tool looks for programs. */
export default { distDir: 'node_modules/.next' };
