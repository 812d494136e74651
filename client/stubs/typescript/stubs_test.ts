// The installed package against a running server; tests/interop/stubs_test.py starts both.
//
// COSTS_SERVER is its address, over TLS by the CA in COSTS_TLS_CA; the account COSTS_ACCOUNT_ID
// of the demo catalog has the key COSTS_API_KEY.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import {
  type CallOptions, type ChannelCredentials, credentials, Metadata, type ServiceError, status as codes,
} from "@grpc/grpc-js";

import { AuthServiceClient, type LoginResponse } from "instant-costs-stubs/energy/costs/v1/auth_service";
import {
  BatchCalculateInstantCostsRequest, type BatchCalculateInstantCostsResponse, CalculateInstantCostRequest,
  CostsServiceClient, type SequencedOutcome, StreamInstantCostsRequest, type StreamInstantCostsResponse,
} from "instant-costs-stubs/energy/costs/v1/costs_service";
import { type MeterRecord, MeterRecordSubmission, Units_Value } from "instant-costs-stubs/energy/costs/v1/meter_record";
import { BadRequest, ErrorInfo, RetryInfo } from "instant-costs-stubs/google/rpc/error_details";
import { Status } from "instant-costs-stubs/google/rpc/status";

type Callback<Answer> = (error: ServiceError | null, answer: Answer) => void;
type Details = Status["details"];

const server = process.env.COSTS_SERVER!;
const trusting = credentials.createSsl(readFileSync(process.env.COSTS_TLS_CA!));
const auth = new AuthServiceClient(server, trusting);
const costs = new CostsServiceClient(server, trusting);
const soon = (milliseconds = 60_000): CallOptions => ({ deadline: Date.now() + milliseconds });
let metadata: Metadata;

function withKey(account: string, key: string): Metadata {
  const basic = new Metadata();
  basic.set("authorization", `Basic ${Buffer.from(`${account}:${key}`).toString("base64")}`);
  return basic;
}

function answerOf<Answer>(call: (done: Callback<Answer>) => unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    call((error, answer) => (error === null ? resolve(answer) : reject(error)));
  });
}

/** The documentation's record, with other values. */
function record(values: Partial<MeterRecordSubmission> = {}): MeterRecordSubmission {
  return MeterRecordSubmission.fromPartial({
    locationId: "loc_641b90b758fb8e6293716e40", units: Units_Value.W, value: 20567, nonPersistent: true,
    startTime: new Date("2022-02-01T10:30:00Z"), endTime: new Date("2022-02-01T11:00:00Z"), ...values,
  });
}

function price(submission: MeterRecordSubmission, withMetadata = metadata, client = costs): Promise<MeterRecord> {
  const request = CalculateInstantCostRequest.create({ record: submission });
  return answerOf((done) => client.calculateInstantCost(request, withMetadata, soon(), done));
}

/** The detail of that type; there must be one. */
function detail<T>(details: Details, name: string, type: { decode(bytes: Uint8Array): T }): T {
  const found = details.find(({ typeUrl }) => typeUrl === `type.googleapis.com/google.rpc.${name}`);
  assert.ok(found, `no ${name}`);
  return type.decode(found.value);
}

/** The code and the details of the error that the call ends with. */
async function refusalOf(answer: Promise<unknown>): Promise<{ code: codes; details: Details }> {
  const error: ServiceError = await answer.then(() => assert.fail("no error"), (reason) => reason);
  const [packed] = error.metadata.get("grpc-status-details-bin");
  return { code: error.code, details: packed === undefined ? [] : Status.decode(packed as Buffer).details };
}

before(async () => {
  const login = await answerOf<LoginResponse>((done) =>
    auth.login({}, withKey(process.env.COSTS_ACCOUNT_ID!, process.env.COSTS_API_KEY!), soon(), done));
  metadata = new Metadata();
  metadata.set("authorization", `Bearer ${login.bearerToken}`);
});

after(() => {
  auth.close();
  costs.close();
});

test("unary: the documentation's record has its figures", async () => {
  const { data } = await price(record());
  assert.deepEqual([data?.energy?.value, data?.tariff?.value, data?.carbon?.value], [10284, 928.372, 35.24]);
});

test("batch: one bad record has its own status", async () => {
  const request = BatchCalculateInstantCostsRequest.create({ records: [record(), record({ locationId: "loc_none" })] });
  const { items } = await answerOf<BatchCalculateInstantCostsResponse>((done) =>
    costs.batchCalculateInstantCosts(request, metadata, soon(), done));
  assert.equal(items[0].result?.data?.tariff?.value, 928.372);
  assert.equal(items[1].status?.code, codes.NOT_FOUND);
  const info = detail(items[1].status!.details, "ErrorInfo", ErrorInfo);
  assert.deepEqual([info.reason, info.domain], ["LOCATION_NOT_FOUND", "costs.energy"]);
});

test("stream: each record is answered once, in order", async () => {
  const stream = costs.streamInstantCosts(metadata, soon());
  for (let chunk = 0; chunk < 10; ++chunk) {
    stream.write(StreamInstantCostsRequest.create({
      records: Array.from({ length: 100 }, (_, i) => ({ sequence: BigInt(chunk * 100 + i), record: record({ value: i }) })),
    }));
  }
  stream.end();
  const outcomes: SequencedOutcome[] = [];
  for await (const answer of stream) outcomes.push(...(answer as StreamInstantCostsResponse).outcomes);
  assert.deepEqual(outcomes.map(({ sequence }) => sequence), Array.from({ length: 1000 }, (_, i) => BigInt(i)));
  assert.ok(outcomes.every(({ result }) => result !== undefined));
});

test("details: a bad request names every field", async () => {
  const { code, details } = await refusalOf(price(MeterRecordSubmission.create({ value: -1 })));
  assert.equal(code, codes.INVALID_ARGUMENT);
  assert.equal(detail(details, "ErrorInfo", ErrorInfo).reason, "INVALID_FIELD");
  const fields = detail(details, "BadRequest", BadRequest).fieldViolations.map(({ field }) => field);
  for (const field of ["record.units", "record.start_time", "record.end_time"]) assert.ok(fields.includes(field), field);
});

test("details: too many logins say when to try again", async () => {
  for (let i = 0; i < 50; ++i) {
    const { code, details } = await refusalOf(answerOf((done) =>
      auth.login({}, withKey("acc_node_guesses", "sk_live_guess"), soon(), done)));
    if (code === codes.RESOURCE_EXHAUSTED) {
      assert.equal(detail(details, "ErrorInfo", ErrorInfo).reason, "RATE_LIMITED");
      const delay = detail(details, "RetryInfo", RetryInfo).retryDelay!;
      assert.ok(Number(delay.seconds) + delay.nanos > 0);
      return;
    }
    assert.equal(code, codes.UNAUTHENTICATED);
  }
  assert.fail("50 wrong logins, and none was refused for its number");
});

test("deadline: an idle stream ends by it", async () => {
  const stream = costs.streamInstantCosts(metadata, soon(200));
  const { code } = await refusalOf(new Promise((resolve, reject) => {
    stream.on("data", () => {}).on("end", () => {}).on("error", reject);
  }));
  assert.equal(code, codes.DEADLINE_EXCEEDED);
});

test("TLS: an unknown certificate is refused", async () => {
  const strange: ChannelCredentials = credentials.createSsl();
  const stranger = new CostsServiceClient(server, strange);
  const { code } = await refusalOf(price(record(), metadata, stranger));
  stranger.close();
  assert.equal(code, codes.UNAVAILABLE);
});

test("token: a call without one is refused", async () => {
  const { code, details } = await refusalOf(price(record(), new Metadata()));
  assert.equal(code, codes.UNAUTHENTICATED);
  assert.equal(detail(details, "ErrorInfo", ErrorInfo).reason, "BAD_CREDENTIALS");
});
