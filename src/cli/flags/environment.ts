import { nearestOf } from '../../support/nearest-name.ts';
import { type FlagText, variableOf } from './flag-value.ts';
import { type FlagName, flagNames, isQuestion } from './flags.ts';

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

// BRP_VERSION in an image usually tells the image's own version, and nobody starts a container for the usage.
const flagByVariable: ReadonlyMap<string, FlagName> = new Map(
  flagNames.filter((name) => !isQuestion(name)).map((name) => [variableOf(name), name]),
);

/**
 * Kubernetes tells every container of all Services by variables: a Service called `brp` becomes BRP_SERVICE_HOST,
 * BRP_SERVICE_PORT_HTTP, BRP_PORT and BRP_PORT_8080_TCP_ADDR, and `brp-admin` becomes BRP_ADMIN_SERVICE_HOST and so on.
 */
const ofKubernetes = /^BRP_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)?)$/;

/** The texts for flags in the environment. An empty variable, such as `${NAME:-}` gives, counts for none. */
export function flagsInEnvironment(environment: Environment): readonly FlagText[] {
  return [...flagByVariable].flatMap(([variable, name]) => {
    const text = environment[variable];
    return text ? { name, text, origin: 'variable' } : [];
  });
}

/** Whether the environment has one of these flags. */
export function isInEnvironment(environment: Environment, ...names: readonly FlagName[]): boolean {
  return names.some((name) => Boolean(environment[variableOf(name)]));
}

/** A line for each variable that looks like a flag and is none: no error, as the variable may be meant for another program. */
export function warningsOf(environment: Environment): readonly string[] {
  return Object.keys(environment)
    .filter((variable) => variable.startsWith('BRP_') && !flagByVariable.has(variable) && !ofKubernetes.test(variable))
    .map((variable) => {
      const nearest = nearestOf(variable, [...flagByVariable.keys()]);
      return `variable ${variable} is unknown and ignored${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
    });
}
