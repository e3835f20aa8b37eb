import { inspect } from 'node:util';
import { flagCalled, flagNames } from '../../../src/cli/flags/flags.ts';
import { usage } from '../../../src/cli/flags/usage.ts';
import { proxyOptions } from '../../../src/options/config.ts';
import { documented, sentenceOf } from '../../../src/options/documented.ts';

/** The flags that set an option, with the value that the default of the flag gives it. */
const setting = flagNames.flatMap((name) => {
  const { option, parse, toOption, fallback } = flagCalled(name);
  const value = parse(fallback);
  return option === undefined ? [] : [{ name, option, value: toOption ? toOption(value) : value }];
});

describe('the usage', () => {
  // The flags -endpoints and -insecure put into words of their own what is another thing than the option.
  const ofOwnWords = ['endpoints', 'insecure'];
  const told = setting.filter(({ name }) => !ofOwnWords.includes(name));

  test.each(told)('tells of -$name by the sentence on the option $option', ({ name, option }) => {
    const [, text = ''] = usage().split(new RegExp(`^  -${name}\\b.*\\n`, 'm'));
    expect(text.slice(0, text.indexOf('\n'))).toContain(sentenceOf(option));
  });

  // There is no default of -endpoints, and undefined is the default of an option by itself.
  const known = setting.filter(
    ({ name, value }) => name !== 'endpoints' && value !== undefined && !flagCalled(name).isOwnDefault,
  );

  test.each(known)('gives the default of -$name that the option $option has', ({ option, value }) => {
    const { fallback = '' } = documented(proxyOptions).find(({ path }) => path === option) ?? {};
    expect(fallback.match(/(?<=`)[^`]+(?=`)/g)).toContain(inspect(value));
  });
});
