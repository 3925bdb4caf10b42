// Signs a webhook as its provider's own library does for tests of those who receive it.
import { sign } from '@octokit/webhooks-methods';
import '@shopify/shopify-api/adapters/node';
import { HashFormat, createSHA256HMAC } from '@shopify/shopify-api/runtime';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as Svix } from 'svix';
import { order } from './common.mjs';

const { scheme, secret, payload } = order;
const now = new Date();
const of = (prefix, webhook) => ({
  [`${prefix}-id`]: 'msg_1',
  [`${prefix}-timestamp`]: String(Math.floor(now / 1000)),
  [`${prefix}-signature`]: webhook.sign('msg_1', now, payload),
});
const headers = {
  github: async () => ({
    'x-hub-signature-256': await sign(secret, payload),
    'x-github-delivery': 'd-1',
    'x-github-event': 'push',
  }),
  shopify: async () => ({
    'x-shopify-hmac-sha256': await createSHA256HMAC(secret, payload, HashFormat.Base64),
    'x-shopify-event-id': 'e-1',
    'x-shopify-topic': 'orders/create',
  }),
  standard: () => of('webhook', new Webhook(secret)),
  svix: () => of('svix', new Svix(secret)),
  stripe: () => ({ 'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret }) }),
};
console.log(JSON.stringify(await headers[scheme]()));
