// The module against a running server; tests/interop/stubs_test.py starts both.
//
// COSTS_SERVER is its address, over TLS by the CA in COSTS_TLS_CA; the account COSTS_ACCOUNT_ID
// of the demo catalog has the key COSTS_API_KEY.
package stubs

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"io"
	"os"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	costsv1 "costs.energy/go/costsv1"
)

const patience = time.Minute

var start = time.Date(2022, 2, 1, 10, 30, 0, 0, time.UTC)

// record is the documentation's, with another value.
func record(value float64) *costsv1.MeterRecordSubmission {
	return &costsv1.MeterRecordSubmission{
		LocationId:    "loc_641b90b758fb8e6293716e40",
		Units:         costsv1.Units_W,
		Value:         proto.Float64(value),
		StartTime:     timestamppb.New(start),
		EndTime:       timestamppb.New(start.Add(30 * time.Minute)),
		NonPersistent: proto.Bool(true),
	}
}

func connect(t *testing.T, transport credentials.TransportCredentials) *grpc.ClientConn {
	connection, err := grpc.NewClient(os.Getenv("COSTS_SERVER"), grpc.WithTransportCredentials(transport))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return connection
}

func trusting(t *testing.T) *grpc.ClientConn {
	transport, err := credentials.NewClientTLSFromFile(os.Getenv("COSTS_TLS_CA"), "")
	if err != nil {
		t.Fatal(err)
	}
	return connect(t, transport)
}

func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func withKey(ctx context.Context, account, key string) context.Context {
	basic := base64.StdEncoding.EncodeToString([]byte(account + ":" + key))
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Basic "+basic)
}

// loggedIn is a client, and the context of its calls.
func loggedIn(t *testing.T) (costsv1.CostsServiceClient, context.Context) {
	connection, ctx := trusting(t), patient(t)
	login, err := costsv1.NewAuthServiceClient(connection).Login(
		withKey(ctx, os.Getenv("COSTS_ACCOUNT_ID"), os.Getenv("COSTS_API_KEY")), &costsv1.LoginRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return costsv1.NewCostsServiceClient(connection),
		metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+login.BearerToken)
}

// detail is the detail of that type; there must be one.
func detail[T any](t *testing.T, refusal *status.Status) T {
	t.Helper()
	for _, any := range refusal.Details() {
		if found, ok := any.(T); ok {
			return found
		}
	}
	var none T
	t.Fatalf("no %T in %v", none, refusal)
	return none
}

func expectCode(t *testing.T, err error, code codes.Code) *status.Status {
	t.Helper()
	if status.Code(err) != code {
		t.Fatalf("%v is not %v", err, code)
	}
	return status.Convert(err)
}

func TestUnary_DocumentationsRecord_HasItsFigures(t *testing.T) {
	client, ctx := loggedIn(t)
	answer, err := client.CalculateInstantCost(ctx, &costsv1.CalculateInstantCostRequest{Record: record(20567)})
	if err != nil {
		t.Fatal(err)
	}
	data := answer.Data
	if data.Energy.GetValue() != 10284 || data.Tariff.GetValue() != 928.372 || data.Carbon.GetValue() != 35.24 {
		t.Errorf("other figures: %v", data)
	}
}

func TestBatch_OneBadRecord_HasItsOwnStatus(t *testing.T) {
	client, ctx := loggedIn(t)
	unknown := record(1)
	unknown.LocationId = "loc_none"
	answer, err := client.BatchCalculateInstantCosts(ctx, &costsv1.BatchCalculateInstantCostsRequest{
		Records: []*costsv1.MeterRecordSubmission{record(20567), unknown}})
	if err != nil {
		t.Fatal(err)
	}
	if cost := answer.Items[0].GetResult().Data.Tariff.GetValue(); cost != 928.372 {
		t.Errorf("costs %v", cost)
	}
	refusal := status.FromProto(answer.Items[1].GetStatus())
	info := detail[*errdetails.ErrorInfo](t, refusal)
	if refusal.Code() != codes.NotFound || info.Reason != "LOCATION_NOT_FOUND" || info.Domain != "costs.energy" {
		t.Errorf("refused by %v", refusal)
	}
}

func TestStream_EachRecord_IsAnsweredOnceInOrder(t *testing.T) {
	client, ctx := loggedIn(t)
	stream, err := client.StreamInstantCosts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() {
		for chunk := 0; chunk < 10; chunk++ {
			request := &costsv1.StreamInstantCostsRequest{}
			for i := 0; i < 100; i++ {
				request.Records = append(request.Records,
					&costsv1.SequencedSubmission{Sequence: uint64(chunk*100 + i), Record: record(float64(i))})
			}
			if err := stream.Send(request); err != nil {
				sent <- err
				return
			}
		}
		sent <- stream.CloseSend()
	}()
	next := uint64(0)
	for {
		answer, err := stream.Recv()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, outcome := range answer.Outcomes {
			if outcome.Sequence != next || outcome.GetResult() == nil {
				t.Fatalf("not the answer to record %d: %v", next, outcome)
			}
			next++
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if next != 1000 {
		t.Errorf("%d answers", next)
	}
}

func TestDetails_BadRequest_NamesEveryField(t *testing.T) {
	client, ctx := loggedIn(t)
	_, err := client.CalculateInstantCost(ctx, &costsv1.CalculateInstantCostRequest{
		Record: &costsv1.MeterRecordSubmission{Value: proto.Float64(-1)}})
	refusal := expectCode(t, err, codes.InvalidArgument)
	if reason := detail[*errdetails.ErrorInfo](t, refusal).Reason; reason != "INVALID_FIELD" {
		t.Errorf("reason %s", reason)
	}
	wrong := map[string]bool{}
	for _, violation := range detail[*errdetails.BadRequest](t, refusal).FieldViolations {
		wrong[violation.Field] = true
	}
	for _, field := range []string{"record.units", "record.start_time", "record.end_time"} {
		if !wrong[field] {
			t.Errorf("%s is not in %v", field, wrong)
		}
	}
}

func TestDetails_TooManyLogins_SayWhenToTryAgain(t *testing.T) {
	client, ctx := costsv1.NewAuthServiceClient(trusting(t)), withKey(patient(t), "acc_go_guesses", "sk_live_guess")
	for i := 0; i < 50; i++ {
		_, err := client.Login(ctx, &costsv1.LoginRequest{})
		if status.Code(err) == codes.ResourceExhausted {
			refusal := status.Convert(err)
			if reason := detail[*errdetails.ErrorInfo](t, refusal).Reason; reason != "RATE_LIMITED" {
				t.Errorf("reason %s", reason)
			}
			if delay := detail[*errdetails.RetryInfo](t, refusal).RetryDelay.AsDuration(); delay <= 0 {
				t.Errorf("try again in %v", delay)
			}
			return
		}
		expectCode(t, err, codes.Unauthenticated)
	}
	t.Error("50 wrong logins, and none was refused for its number")
}

func TestDeadline_IdleStream_EndsByIt(t *testing.T) {
	client, ctx := loggedIn(t)
	ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	stream, err := client.StreamInstantCosts(ctx)
	if err == nil {
		_, err = stream.Recv()
	}
	expectCode(t, err, codes.DeadlineExceeded)
}

func TestTls_UnknownCertificate_IsRefused(t *testing.T) {
	stranger := costsv1.NewCostsServiceClient(connect(t, credentials.NewTLS(&tls.Config{})))
	_, err := stranger.CalculateInstantCost(patient(t), &costsv1.CalculateInstantCostRequest{Record: record(1)})
	expectCode(t, err, codes.Unavailable)
}

func TestToken_Missing_IsRefused(t *testing.T) {
	client := costsv1.NewCostsServiceClient(trusting(t))
	_, err := client.CalculateInstantCost(patient(t), &costsv1.CalculateInstantCostRequest{Record: record(1)})
	refusal := expectCode(t, err, codes.Unauthenticated)
	if reason := detail[*errdetails.ErrorInfo](t, refusal).Reason; reason != "BAD_CREDENTIALS" {
		t.Errorf("reason %s", reason)
	}
}
