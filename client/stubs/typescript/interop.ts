// The Node client of tests/interop: makes the calls that it reads, by the generated stubs.
//
// A line of standard input is a call in JSON, a line of standard output its outcome; tests/interop/caller.py
// says what they hold. The server is COSTS_SERVER, over TLS by the CA in COSTS_TLS_CA.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { credentials, Metadata, type MethodDefinition, type ServiceError } from "@grpc/grpc-js";

import { AccountsServiceClient } from "instant-costs-stubs/energy/costs/v1/accounts_service";
import { AuthServiceClient } from "instant-costs-stubs/energy/costs/v1/auth_service";
import { CarbonServiceClient } from "instant-costs-stubs/energy/costs/v1/carbon_service";
import { CostsServiceClient } from "instant-costs-stubs/energy/costs/v1/costs_service";
import { LocationsServiceClient } from "instant-costs-stubs/energy/costs/v1/locations_service";
import { MeterRecordsServiceClient } from "instant-costs-stubs/energy/costs/v1/meter_records_service";
import { TariffsServiceClient } from "instant-costs-stubs/energy/costs/v1/tariffs_service";
import { BadRequest, ErrorInfo, RetryInfo } from "instant-costs-stubs/google/rpc/error_details";
import { Status } from "instant-costs-stubs/google/rpc/status";

interface Call {
  service: string;
  method: string;
  requests: unknown[];
  authorization: string;
  seconds: number;
}

interface Outcome {
  answers: string[];
  code: number;
  message: string;
  reason: string;
  domain: string;
  violations: string[][];
  retry: boolean;
}

const modules: Record<string, string> = {
  AccountsService: "accounts_service",
  AuthService: "auth_service",
  CarbonService: "carbon_service",
  CostsService: "costs_service",
  LocationsService: "locations_service",
  MeterRecordsService: "meter_records_service",
  TariffsService: "tariffs_service",
};
const kinds = {
  AccountsService: AccountsServiceClient,
  AuthService: AuthServiceClient,
  CarbonService: CarbonServiceClient,
  CostsService: CostsServiceClient,
  LocationsService: LocationsServiceClient,
  MeterRecordsService: MeterRecordsServiceClient,
  TariffsService: TariffsServiceClient,
};
const transport = credentials.createSsl(readFileSync(process.env.COSTS_TLS_CA!));
// A generated method is found by its name, so its types are not known here.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const clients: Record<string, any> = Object.fromEntries(
  Object.entries(kinds).map(([name, Kind]) => [name, new Kind(process.env.COSTS_SERVER!, transport)]));

/** The request type of a method: it is in the module of its service. */
function requestType(service: string, method: string): { fromJSON(document: unknown): unknown } {
  return require(`instant-costs-stubs/energy/costs/v1/${modules[service]}`)[`${method}Request`];
}

function make({ service, method, requests, authorization, seconds }: Call, outcome: Outcome): Promise<void> {
  const name = method[0].toLowerCase() + method.slice(1);
  const client = clients[service];
  const { requestStream, responseStream, responseSerialize }: MethodDefinition<unknown, unknown> =
    (Object.getPrototypeOf(client)[name] as MethodDefinition<unknown, unknown>);
  const messages = requests.map((document) => requestType(service, method).fromJSON(document));
  const metadata = new Metadata();
  if (authorization !== "") metadata.set("authorization", authorization);
  const options = { deadline: Date.now() + seconds * 1000 };
  return new Promise((resolve, reject) => {
    const take = (answer: unknown) => outcome.answers.push(responseSerialize(answer).toString("base64"));
    const done = (error: ServiceError | null, answer: unknown) => {
      if (error !== null) return reject(error);
      take(answer);
      resolve();
    };
    if (!requestStream) {
      client[name](messages[0], metadata, options, done);
      return;
    }
    const stream = responseStream ? client[name](metadata, options) : client[name](metadata, options, done);
    if (responseStream) stream.on("data", take).on("end", resolve).on("error", reject);
    for (const message of messages) stream.write(message);
    stream.end();
  });
}

function refused(error: ServiceError, outcome: Outcome): void {
  if (error.metadata === undefined) throw error;
  outcome.code = error.code;
  outcome.message = error.details;
  const [packed] = error.metadata.get("grpc-status-details-bin");
  for (const { typeUrl, value } of packed === undefined ? [] : Status.decode(packed as Buffer).details) {
    if (typeUrl.endsWith("/google.rpc.ErrorInfo")) {
      ({ reason: outcome.reason, domain: outcome.domain } = ErrorInfo.decode(value));
    } else if (typeUrl.endsWith("/google.rpc.BadRequest")) {
      outcome.violations = BadRequest.decode(value).fieldViolations.map((wrong) => [wrong.field, wrong.description]);
    } else if (typeUrl.endsWith("/google.rpc.RetryInfo")) {
      const delay = RetryInfo.decode(value).retryDelay;
      outcome.retry = delay !== undefined && Number(delay.seconds) + delay.nanos > 0;
    }
  }
}

async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const outcome: Outcome = { answers: [], code: 0, message: "", reason: "", domain: "", violations: [], retry: false };
    try {
      await make(JSON.parse(line), outcome);
    } catch (error) {
      refused(error as ServiceError, outcome);
    }
    console.log(JSON.stringify(outcome));
  }
  Object.values(clients).forEach((client) => client.close());
}

void main();
