// Prices the documentation's record.
//
//	COSTS_TOKEN=… go run ./example localhost:50051
//	COSTS_ACCOUNT_ID=acc_… COSTS_API_KEY=sk_… COSTS_TLS_CA=ca.pem go run ./example costs.example:443
//
// With COSTS_TLS_CA (a file of certificates) the connection is TLS.
package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	costsv1 "costs.energy/go/costsv1"
)

func connect(address string) (*grpc.ClientConn, error) {
	transport := insecure.NewCredentials()
	if ca := os.Getenv("COSTS_TLS_CA"); ca != "" {
		var err error
		if transport, err = credentials.NewClientTLSFromFile(ca, ""); err != nil {
			return nil, err
		}
	}
	return grpc.NewClient(address, grpc.WithTransportCredentials(transport))
}

// logIn returns the context of every other call: with COSTS_TOKEN, or with a token that is got for an API key.
func logIn(ctx context.Context, connection *grpc.ClientConn) (context.Context, error) {
	token := os.Getenv("COSTS_TOKEN")
	if token == "" {
		key := os.Getenv("COSTS_ACCOUNT_ID") + ":" + os.Getenv("COSTS_API_KEY")
		basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(key))
		answer, err := costsv1.NewAuthServiceClient(connection).Login(
			metadata.AppendToOutgoingContext(ctx, "authorization", basic), &costsv1.LoginRequest{})
		if err != nil {
			return nil, err
		}
		token = answer.BearerToken
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), nil
}

func price(ctx context.Context, connection *grpc.ClientConn) (*costsv1.MeterRecord, error) {
	start := time.Date(2022, 2, 1, 10, 30, 0, 0, time.UTC)
	return costsv1.NewCostsServiceClient(connection).CalculateInstantCost(ctx, &costsv1.CalculateInstantCostRequest{
		Record: &costsv1.MeterRecordSubmission{
			LocationId: "loc_641b90b758fb8e6293716e40",
			Units:      costsv1.Units_W,
			Value:      proto.Float64(20567),
			StartTime:  timestamppb.New(start),
			EndTime:    timestamppb.New(start.Add(30 * time.Minute)),
		},
	})
}

// explain prints the code and the message, the reason, and each field that is wrong.
func explain(err error) {
	refusal := status.Convert(err)
	fmt.Fprintf(os.Stderr, "%v: %s\n", refusal.Code(), refusal.Message())
	for _, detail := range refusal.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			fmt.Fprintf(os.Stderr, "  reason: %s\n", detail.Reason)
		case *errdetails.BadRequest:
			for _, wrong := range detail.FieldViolations {
				fmt.Fprintf(os.Stderr, "  %s: %s\n", wrong.Field, wrong.Description)
			}
		}
	}
}

func run(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	connection, err := connect(address)
	if err != nil {
		return err
	}
	defer connection.Close()
	if ctx, err = logIn(ctx, connection); err != nil {
		return err
	}
	record, err := price(ctx, connection)
	if err != nil {
		return err
	}
	fmt.Printf("%g Wh cost %g %s and caused %g %s\n", record.Data.Energy.GetValue(), record.Data.Tariff.GetValue(),
		record.CurrencyCode, record.Data.Carbon.GetValue(), record.CarbonUnits)
	return nil
}

func main() {
	address := "localhost:50051"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	if err := run(address); err != nil {
		explain(err)
		os.Exit(1)
	}
}
