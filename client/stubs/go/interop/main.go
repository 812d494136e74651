// The Go client of tests/interop: makes the calls that it reads, by the generated stubs.
//
// A line of standard input is a call in JSON, a line of standard output its outcome; tests/interop/caller.py
// says what they hold. The server is COSTS_SERVER, over TLS by the CA in COSTS_TLS_CA.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	costsv1 "costs.energy/go/costsv1"
)

type call struct {
	Service       string            `json:"service"`
	Method        string            `json:"method"`
	Requests      []json.RawMessage `json:"requests"`
	Authorization string            `json:"authorization"`
	Seconds       float64           `json:"seconds"`
}

type outcome struct {
	Answers    [][]byte   `json:"answers"`
	Code       codes.Code `json:"code"`
	Message    string     `json:"message"`
	Reason     string     `json:"reason"`
	Domain     string     `json:"domain"`
	Violations [][]string `json:"violations"`
	Retry      bool       `json:"retry"`
}

// request is the JSON as the message type that a parameter has.
func request(document json.RawMessage, kind reflect.Type) (reflect.Value, error) {
	value := reflect.New(kind.Elem())
	return value, protojson.Unmarshal(document, value.Interface().(proto.Message))
}

func returned(results []reflect.Value) (reflect.Value, error) {
	err, _ := results[len(results)-1].Interface().(error)
	return results[0], err
}

func (o *outcome) take(answer reflect.Value) error {
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(answer.Interface().(proto.Message))
	o.Answers = append(o.Answers, encoded)
	return err
}

// stream sends all, and takes what comes: from a client's stream one answer.
func (o *outcome) stream(stream reflect.Value, c call) error {
	send := stream.MethodByName("Send")
	for _, document := range c.Requests {
		message, err := request(document, send.Type().In(0))
		if err != nil {
			return err
		}
		// EOF: the stream has ended, and receiving says why.
		if err, _ := send.Call([]reflect.Value{message})[0].Interface().(error); err != nil && err != io.EOF {
			return err
		}
	}
	if last := stream.MethodByName("CloseAndRecv"); last.IsValid() {
		answer, err := returned(last.Call(nil))
		if err != nil {
			return err
		}
		return o.take(answer)
	}
	if err := stream.Interface().(grpc.ClientStream).CloseSend(); err != nil {
		return err
	}
	for {
		answer, err := returned(stream.MethodByName("Recv").Call(nil))
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := o.take(answer); err != nil {
			return err
		}
	}
}

func (o *outcome) make(client reflect.Value, c call) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(c.Seconds*float64(time.Second)))
	defer cancel()
	if c.Authorization != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", c.Authorization)
	}
	method := client.MethodByName(c.Method)
	if !method.IsValid() {
		return fmt.Errorf("no method %s", c.Method)
	}
	arguments := []reflect.Value{reflect.ValueOf(ctx)}
	unary := method.Type().NumIn() == 3 // context, request, options
	if unary {
		message, err := request(c.Requests[0], method.Type().In(1))
		if err != nil {
			return err
		}
		arguments = append(arguments, message)
	}
	answer, err := returned(method.Call(arguments))
	if err != nil {
		return err
	}
	if unary {
		return o.take(answer)
	}
	return o.stream(answer, c)
}

func (o *outcome) refused(err error) {
	refusal := status.Convert(err)
	o.Code, o.Message = refusal.Code(), refusal.Message()
	for _, detail := range refusal.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			o.Reason, o.Domain = detail.Reason, detail.Domain
		case *errdetails.BadRequest:
			for _, wrong := range detail.FieldViolations {
				o.Violations = append(o.Violations, []string{wrong.Field, wrong.Description})
			}
		case *errdetails.RetryInfo:
			o.Retry = detail.RetryDelay.AsDuration() > 0
		}
	}
}

func run() error {
	transport, err := credentials.NewClientTLSFromFile(os.Getenv("COSTS_TLS_CA"), "")
	if err != nil {
		return err
	}
	connection, err := grpc.NewClient(os.Getenv("COSTS_SERVER"), grpc.WithTransportCredentials(transport))
	if err != nil {
		return err
	}
	defer connection.Close()
	clients := map[string]interface{}{
		"AccountsService":     costsv1.NewAccountsServiceClient(connection),
		"AuthService":         costsv1.NewAuthServiceClient(connection),
		"CarbonService":       costsv1.NewCarbonServiceClient(connection),
		"CostsService":        costsv1.NewCostsServiceClient(connection),
		"LocationsService":    costsv1.NewLocationsServiceClient(connection),
		"MeterRecordsService": costsv1.NewMeterRecordsServiceClient(connection),
		"TariffsService":      costsv1.NewTariffsServiceClient(connection),
	}
	output := json.NewEncoder(os.Stdout)
	for input := bufio.NewReader(os.Stdin); ; {
		line, err := input.ReadString('\n')
		if err == io.EOF && strings.TrimSpace(line) == "" {
			return nil
		}
		var c call
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			return err
		}
		made := outcome{Answers: [][]byte{}, Violations: [][]string{}}
		if err := made.make(reflect.ValueOf(clients[c.Service]), c); err != nil {
			made.refused(err)
		}
		if err := output.Encode(made); err != nil {
			return err
		}
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
