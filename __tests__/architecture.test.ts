// The tests of the architecture under the name by which they have been called so far.
import './architecture/imports.test.ts';
import './architecture/names.test.ts';
import './architecture/once.test.ts';
import './architecture/size.test.ts';
