package energy.costs.programs;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.junit.Assert.fail;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import energy.costs.v1.AuthServiceGrpc;
import energy.costs.v1.BatchCalculateInstantCostsRequest;
import energy.costs.v1.BatchCalculateInstantCostsResponse;
import energy.costs.v1.CalculateInstantCostRequest;
import energy.costs.v1.CostsServiceGrpc;
import energy.costs.v1.LoginRequest;
import energy.costs.v1.MeterRecord;
import energy.costs.v1.MeterRecordData;
import energy.costs.v1.MeterRecordSubmission;
import energy.costs.v1.SequencedOutcome;
import energy.costs.v1.SequencedSubmission;
import energy.costs.v1.StreamInstantCostsRequest;
import energy.costs.v1.StreamInstantCostsResponse;
import energy.costs.v1.Units;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Test;
import org.junit.function.ThrowingRunnable;

/**
 * The jar against a running server; tests/interop/stubs_test.py starts both.
 *
 * <p>COSTS_SERVER is its address, over TLS by the CA in COSTS_TLS_CA; the account COSTS_ACCOUNT_ID of the demo catalog
 * has the key COSTS_API_KEY.
 */
public final class StubsTest {
  private static ManagedChannel channel;
  private static ClientInterceptor token;

  @BeforeClass
  public static void connect() throws Exception {
    channel = Example.connect(System.getenv("COSTS_SERVER"));
    token = Example.logIn(channel);
  }

  @AfterClass
  public static void disconnect() {
    channel.shutdownNow();
  }

  private static CostsServiceGrpc.CostsServiceBlockingStub costs() {
    return CostsServiceGrpc.newBlockingStub(channel).withInterceptors(token).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  /** The documentation's. */
  private static MeterRecordSubmission.Builder record() {
    return MeterRecordSubmission.newBuilder()
        .setLocationId("loc_641b90b758fb8e6293716e40")
        .setUnits(Units.Value.W)
        .setValue(20567)
        .setNonPersistent(true)
        .setStartTime(Example.timestamp("2022-02-01T10:30:00Z"))
        .setEndTime(Example.timestamp("2022-02-01T11:00:00Z"));
  }

  private static MeterRecord price(CostsServiceGrpc.CostsServiceBlockingStub stub, MeterRecordSubmission.Builder record) {
    return stub.calculateInstantCost(CalculateInstantCostRequest.newBuilder().setRecord(record).build());
  }

  /** The detail of that type; there must be one. */
  private static <T extends Message> T detail(Status status, Class<T> type) throws Exception {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(type)) return detail.unpack(type);
    }
    throw new AssertionError("no " + type.getSimpleName() + " in " + status);
  }

  /** The error that the call ends with. */
  private static Status refusal(ThrowingRunnable call) {
    return StatusProto.fromThrowable(assertThrows(StatusRuntimeException.class, call));
  }

  private static void assertCode(io.grpc.Status.Code code, Status status) {
    assertEquals(status.toString(), code.value(), status.getCode());
  }

  @Test
  public void unary_documentationsRecord_hasItsFigures() {
    MeterRecordData data = price(costs(), record()).getData();
    assertEquals(10284, data.getEnergy().getValue(), 0);
    assertEquals(928.372, data.getTariff().getValue(), 0);
    assertEquals(35.24, data.getCarbon().getValue(), 0);
  }

  @Test
  public void batch_oneBadRecord_hasItsOwnStatus() throws Exception {
    BatchCalculateInstantCostsResponse answer =
        costs()
            .batchCalculateInstantCosts(
                BatchCalculateInstantCostsRequest.newBuilder()
                    .addRecords(record())
                    .addRecords(record().setLocationId("loc_none"))
                    .build());
    assertEquals(928.372, answer.getItems(0).getResult().getData().getTariff().getValue(), 0);
    Status status = answer.getItems(1).getStatus();
    assertCode(io.grpc.Status.Code.NOT_FOUND, status);
    assertEquals("LOCATION_NOT_FOUND", detail(status, ErrorInfo.class).getReason());
    assertEquals("costs.energy", detail(status, ErrorInfo.class).getDomain());
  }

  @Test
  public void stream_eachRecord_isAnsweredOnceInOrder() throws Exception {
    CompletableFuture<List<SequencedOutcome>> done = new CompletableFuture<>();
    StreamObserver<StreamInstantCostsResponse> answers =
        new StreamObserver<>() {
          private final List<SequencedOutcome> outcomes = new ArrayList<>();

          @Override
          public void onNext(StreamInstantCostsResponse answer) {
            outcomes.addAll(answer.getOutcomesList());
          }

          @Override
          public void onError(Throwable error) {
            done.completeExceptionally(error);
          }

          @Override
          public void onCompleted() {
            done.complete(outcomes);
          }
        };
    StreamObserver<StreamInstantCostsRequest> stream =
        CostsServiceGrpc.newStub(channel).withInterceptors(token).streamInstantCosts(answers);
    for (int chunk = 0; chunk < 10; ++chunk) {
      StreamInstantCostsRequest.Builder request = StreamInstantCostsRequest.newBuilder();
      for (int i = 0; i < 100; ++i) {
        request.addRecords(
            SequencedSubmission.newBuilder().setSequence(chunk * 100 + i).setRecord(record().setValue(i)));
      }
      stream.onNext(request.build());
    }
    stream.onCompleted();
    List<SequencedOutcome> outcomes = done.get(60, TimeUnit.SECONDS);
    assertEquals(
        LongStream.range(0, 1000).boxed().collect(Collectors.toList()),
        outcomes.stream().map(SequencedOutcome::getSequence).collect(Collectors.toList()));
    assertTrue(outcomes.stream().allMatch(SequencedOutcome::hasResult));
  }

  @Test
  public void details_badRequest_namesEveryField() throws Exception {
    Status status = refusal(() -> price(costs(), MeterRecordSubmission.newBuilder().setValue(-1)));
    assertCode(io.grpc.Status.Code.INVALID_ARGUMENT, status);
    assertEquals("INVALID_FIELD", detail(status, ErrorInfo.class).getReason());
    List<String> fields =
        detail(status, BadRequest.class).getFieldViolationsList().stream()
            .map(BadRequest.FieldViolation::getField)
            .collect(Collectors.toList());
    assertTrue(
        fields.toString(), fields.containsAll(List.of("record.units", "record.start_time", "record.end_time")));
  }

  @Test
  public void details_tooManyLogins_sayWhenToTryAgain() throws Exception {
    AuthServiceGrpc.AuthServiceBlockingStub auth =
        AuthServiceGrpc.newBlockingStub(channel)
            .withInterceptors(Example.key("acc_java_guesses", "sk_live_guess"))
            .withDeadlineAfter(60, TimeUnit.SECONDS);
    for (int i = 0; i < 50; ++i) {
      Status status = refusal(() -> auth.login(LoginRequest.getDefaultInstance()));
      if (status.getCode() == io.grpc.Status.Code.RESOURCE_EXHAUSTED.value()) {
        assertEquals("RATE_LIMITED", detail(status, ErrorInfo.class).getReason());
        RetryInfo retry = detail(status, RetryInfo.class);
        assertTrue(retry.getRetryDelay().getSeconds() + retry.getRetryDelay().getNanos() > 0);
        return;
      }
      assertCode(io.grpc.Status.Code.UNAUTHENTICATED, status);
    }
    fail("50 wrong logins, and none was refused for its number");
  }

  @Test
  public void deadline_idleStream_endsByIt() throws Exception {
    CompletableFuture<io.grpc.Status.Code> end = new CompletableFuture<>();
    CostsServiceGrpc.newStub(channel)
        .withInterceptors(token)
        .withDeadlineAfter(200, TimeUnit.MILLISECONDS)
        .streamInstantCosts(
            new StreamObserver<>() {
              @Override
              public void onNext(StreamInstantCostsResponse answer) {}

              @Override
              public void onError(Throwable error) {
                end.complete(io.grpc.Status.fromThrowable(error).getCode());
              }

              @Override
              public void onCompleted() {
                end.complete(io.grpc.Status.Code.OK);
              }
            });
    assertEquals(io.grpc.Status.Code.DEADLINE_EXCEEDED, end.get(60, TimeUnit.SECONDS));
  }

  @Test
  public void tls_unknownCertificate_isRefused() {
    ManagedChannel strange =
        Grpc.newChannelBuilder(System.getenv("COSTS_SERVER"), TlsChannelCredentials.create()).build();
    try {
      CostsServiceGrpc.CostsServiceBlockingStub stub =
          CostsServiceGrpc.newBlockingStub(strange).withDeadlineAfter(60, TimeUnit.SECONDS);
      assertCode(io.grpc.Status.Code.UNAVAILABLE, refusal(() -> price(stub, record())));
    } finally {
      strange.shutdownNow();
    }
  }

  @Test
  public void token_missing_isRefused() throws Exception {
    CostsServiceGrpc.CostsServiceBlockingStub stub =
        CostsServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
    Status status = refusal(() -> price(stub, record()));
    assertCode(io.grpc.Status.Code.UNAUTHENTICATED, status);
    assertEquals("BAD_CREDENTIALS", detail(status, ErrorInfo.class).getReason());
  }
}
