package energy.costs.programs;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import energy.costs.v1.AccountsServiceGrpc;
import energy.costs.v1.AuthServiceGrpc;
import energy.costs.v1.CarbonServiceGrpc;
import energy.costs.v1.CostsServiceGrpc;
import energy.costs.v1.LocationsServiceGrpc;
import energy.costs.v1.MeterRecordsServiceGrpc;
import energy.costs.v1.TariffsServiceGrpc;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.StreamObserver;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The Java client of tests/interop: makes the calls that it reads, by the generated stubs.
 *
 * <p>A line of standard input is a call in JSON, a line of standard output its outcome; tests/interop/caller.py says
 * what they hold. The server is COSTS_SERVER, over TLS by the CA in COSTS_TLS_CA.
 */
public final class Interop {
  private Interop() {}

  private static final class Call {
    String service;
    String method;
    List<JsonElement> requests;
    String authorization;
    double seconds;
  }

  private static final class Outcome {
    final List<String> answers = new ArrayList<>();
    int code;
    String message = "";
    String reason = "";
    String domain = "";
    final List<List<String>> violations = new ArrayList<>();
    boolean retry;
  }

  private static final Map<String, Function<Channel, AbstractStub<?>>> STUBS =
      Map.of(
          "AccountsService", AccountsServiceGrpc::newStub,
          "AuthService", AuthServiceGrpc::newStub,
          "CarbonService", CarbonServiceGrpc::newStub,
          "CostsService", CostsServiceGrpc::newStub,
          "LocationsService", LocationsServiceGrpc::newStub,
          "MeterRecordsService", MeterRecordsServiceGrpc::newStub,
          "TariffsService", TariffsServiceGrpc::newStub);

  private static Message request(JsonElement document, Type type) throws Exception {
    Message.Builder builder = (Message.Builder) ((Class<?>) type).getMethod("newBuilder").invoke(null);
    JsonFormat.parser().merge(document.toString(), builder);
    return builder.build();
  }

  private static StreamObserver<Message> collector(Outcome outcome, CompletableFuture<Void> done) {
    return new StreamObserver<>() {
      @Override
      public void onNext(Message answer) {
        outcome.answers.add(Base64.getEncoder().encodeToString(answer.toByteArray()));
      }

      @Override
      public void onError(Throwable error) {
        done.completeExceptionally(error);
      }

      @Override
      public void onCompleted() {
        done.complete(null);
      }
    };
  }

  /** Unary and server streams: method(request, answers). Others: requests = method(answers). */
  private static void make(Channel channel, Call call, Outcome outcome) throws Exception {
    AbstractStub<?> stub = STUBS.get(call.service).apply(channel);
    if (!call.authorization.isEmpty()) stub = stub.withInterceptors(Example.authorization(call.authorization));
    stub = stub.withDeadlineAfter((long) (call.seconds * 1000), TimeUnit.MILLISECONDS);
    String name = call.method.substring(0, 1).toLowerCase() + call.method.substring(1);
    Method method =
        Arrays.stream(stub.getClass().getMethods()).filter(m -> m.getName().equals(name)).findFirst().orElseThrow();
    CompletableFuture<Void> done = new CompletableFuture<>();
    StreamObserver<Message> answers = collector(outcome, done);
    if (method.getParameterCount() == 2) {
      method.invoke(stub, request(call.requests.get(0), method.getParameterTypes()[0]), answers);
    } else {
      Type type = ((ParameterizedType) method.getGenericReturnType()).getActualTypeArguments()[0];
      @SuppressWarnings("unchecked")
      StreamObserver<Message> requests = (StreamObserver<Message>) method.invoke(stub, answers);
      for (JsonElement document : call.requests) requests.onNext(request(document, type));
      requests.onCompleted();
    }
    done.get();
  }

  private static void refused(Throwable error, Outcome outcome) throws Exception {
    com.google.rpc.Status status = StatusProto.fromThrowable(error);
    outcome.code = status.getCode();
    outcome.message = status.getMessage();
    for (Any detail : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        outcome.reason = detail.unpack(ErrorInfo.class).getReason();
        outcome.domain = detail.unpack(ErrorInfo.class).getDomain();
      } else if (detail.is(BadRequest.class)) {
        for (BadRequest.FieldViolation wrong : detail.unpack(BadRequest.class).getFieldViolationsList()) {
          outcome.violations.add(List.of(wrong.getField(), wrong.getDescription()));
        }
      } else if (detail.is(RetryInfo.class)) {
        com.google.protobuf.Duration delay = detail.unpack(RetryInfo.class).getRetryDelay();
        outcome.retry = delay.getSeconds() + delay.getNanos() > 0;
      }
    }
  }

  public static void main(String[] arguments) throws Exception {
    Gson gson = new Gson();
    PrintStream output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    ManagedChannel channel = Example.connect(System.getenv("COSTS_SERVER"));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      Outcome outcome = new Outcome();
      try {
        make(channel, gson.fromJson(line, Call.class), outcome);
      } catch (ExecutionException error) {
        refused(error.getCause(), outcome);
      }
      output.println(gson.toJson(outcome));
    }
    channel.shutdownNow();
  }
}
