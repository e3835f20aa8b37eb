import { createCertificate } from '../../shared/certificate.ts';

export const endpoints = ['http://one.example'];
export const { cert, key } = await createCertificate();

export const transport = {
  send: () => Promise.reject(new Error('not under test')),
  close: async () => {},
};
