// Prices the documentation's record.
//
//   COSTS_TOKEN=… node example.js localhost:50051
//   COSTS_ACCOUNT_ID=acc_… COSTS_API_KEY=sk_… COSTS_TLS_CA=ca.pem node example.js costs.example:443
//
// With COSTS_TLS_CA (a file of certificates) the connection is TLS.
import { readFileSync } from "node:fs";

import { credentials, Metadata, type CallOptions, type ServiceError, status as codes } from "@grpc/grpc-js";

import { AuthServiceClient, type LoginResponse } from "instant-costs-stubs/energy/costs/v1/auth_service";
import { CalculateInstantCostRequest, CostsServiceClient } from "instant-costs-stubs/energy/costs/v1/costs_service";
import { type MeterRecord, Units_Value } from "instant-costs-stubs/energy/costs/v1/meter_record";
import { BadRequest, ErrorInfo } from "instant-costs-stubs/google/rpc/error_details";
import { Status } from "instant-costs-stubs/google/rpc/status";

type Callback<Answer> = (error: ServiceError | null, answer: Answer) => void;

/** A call's answer as a promise, within ten seconds: answerOf((options, done) => client.call(request, metadata, options, done)). */
function answerOf<Answer>(call: (options: CallOptions, done: Callback<Answer>) => unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    call({ deadline: Date.now() + 10_000 }, (error, answer) => (error === null ? resolve(answer) : reject(error)));
  });
}

function authorization(text: string): Metadata {
  const metadata = new Metadata();
  metadata.set("authorization", text);
  return metadata;
}

function transport() {
  const ca = process.env.COSTS_TLS_CA;
  return ca === undefined ? credentials.createInsecure() : credentials.createSsl(readFileSync(ca));
}

/** The metadata of every other call: COSTS_TOKEN, or a token that is got for an API key. */
async function logIn(address: string): Promise<Metadata> {
  if (process.env.COSTS_TOKEN !== undefined) return authorization(`Bearer ${process.env.COSTS_TOKEN}`);
  const key = Buffer.from(`${process.env.COSTS_ACCOUNT_ID}:${process.env.COSTS_API_KEY}`).toString("base64");
  const client = new AuthServiceClient(address, transport());
  try {
    const login = await answerOf<LoginResponse>((options, done) =>
      client.login({}, authorization(`Basic ${key}`), options, done));
    return authorization(`Bearer ${login.bearerToken}`);
  } finally {
    client.close();
  }
}

async function price(address: string): Promise<MeterRecord> {
  const metadata = await logIn(address);
  const client = new CostsServiceClient(address, transport());
  const request = CalculateInstantCostRequest.create({
    record: {
      locationId: "loc_641b90b758fb8e6293716e40",
      units: Units_Value.W,
      value: 20567,
      startTime: new Date("2022-02-01T10:30:00Z"),
      endTime: new Date("2022-02-01T11:00:00Z"),
    },
  });
  try {
    return await answerOf<MeterRecord>((options, done) => client.calculateInstantCost(request, metadata, options, done));
  } finally {
    client.close();
  }
}

/** The code and the message, the reason, and each field that is wrong. */
function explain(error: ServiceError): string {
  const lines = [`${codes[error.code]}: ${error.details}`];
  const [packed] = error.metadata.get("grpc-status-details-bin");
  for (const detail of packed === undefined ? [] : Status.decode(packed as Buffer).details) {
    if (detail.typeUrl.endsWith("/google.rpc.ErrorInfo")) {
      lines.push(`  reason: ${ErrorInfo.decode(detail.value).reason}`);
    } else if (detail.typeUrl.endsWith("/google.rpc.BadRequest")) {
      for (const wrong of BadRequest.decode(detail.value).fieldViolations) {
        lines.push(`  ${wrong.field}: ${wrong.description}`);
      }
    }
  }
  return lines.join("\n");
}

price(process.argv[2] ?? "localhost:50051").then(
  ({ data, currencyCode, carbonUnits }) =>
    console.log(
      `${data?.energy?.value} Wh cost ${data?.tariff?.value} ${currencyCode} and caused ${data?.carbon?.value} ${carbonUnits}`,
    ),
  (error: ServiceError) => {
    console.error(explain(error));
    process.exitCode = 1;
  },
);
