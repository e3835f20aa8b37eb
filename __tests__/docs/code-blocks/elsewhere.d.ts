/** Packages that readers install and that the tests do not need. */
declare module '@opentelemetry/instrumentation-http';
declare module '@opentelemetry/sdk-node';
