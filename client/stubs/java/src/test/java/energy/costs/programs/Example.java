package energy.costs.programs;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import energy.costs.v1.AuthServiceGrpc;
import energy.costs.v1.CalculateInstantCostRequest;
import energy.costs.v1.CostsServiceGrpc;
import energy.costs.v1.LoginRequest;
import energy.costs.v1.MeterRecord;
import energy.costs.v1.MeterRecordSubmission;
import energy.costs.v1.Units;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Instant;
import java.util.Base64;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Prices the documentation's record.
 *
 * <pre>
 *   COSTS_TOKEN=… java Example localhost:50051
 *   COSTS_ACCOUNT_ID=acc_… COSTS_API_KEY=sk_… COSTS_TLS_CA=ca.pem java Example costs.example:443
 * </pre>
 *
 * With COSTS_TLS_CA (a file of certificates) the connection is TLS.
 */
public final class Example {
  private Example() {}

  static ManagedChannel connect(String address) throws IOException {
    String ca = System.getenv("COSTS_TLS_CA");
    ChannelCredentials transport =
        ca == null
            ? InsecureChannelCredentials.create()
            : TlsChannelCredentials.newBuilder().trustManager(new File(ca)).build();
    return Grpc.newChannelBuilder(address, transport).build();
  }

  static ClientInterceptor authorization(String text) {
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), text);
    return MetadataUtils.newAttachHeadersInterceptor(metadata);
  }

  static ClientInterceptor key(String account, String secret) {
    byte[] pair = (account + ":" + secret).getBytes(StandardCharsets.UTF_8);
    return authorization("Basic " + Base64.getEncoder().encodeToString(pair));
  }

  /** What every other call wants: COSTS_TOKEN, or a token that is got for an API key. */
  static ClientInterceptor logIn(ManagedChannel channel) {
    String token = System.getenv("COSTS_TOKEN");
    if (token == null) {
      token =
          AuthServiceGrpc.newBlockingStub(channel)
              .withInterceptors(key(System.getenv("COSTS_ACCOUNT_ID"), System.getenv("COSTS_API_KEY")))
              .withDeadlineAfter(10, TimeUnit.SECONDS)
              .login(LoginRequest.getDefaultInstance())
              .getBearerToken();
    }
    return authorization("Bearer " + token);
  }

  static Timestamp timestamp(String text) {
    return Timestamp.newBuilder().setSeconds(Instant.parse(text).getEpochSecond()).build();
  }

  private static MeterRecord price(ManagedChannel channel) {
    MeterRecordSubmission record =
        MeterRecordSubmission.newBuilder()
            .setLocationId("loc_641b90b758fb8e6293716e40")
            .setUnits(Units.Value.W)
            .setValue(20567)
            .setStartTime(timestamp("2022-02-01T10:30:00Z"))
            .setEndTime(timestamp("2022-02-01T11:00:00Z"))
            .build();
    return CostsServiceGrpc.newBlockingStub(channel)
        .withInterceptors(logIn(channel))
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .calculateInstantCost(CalculateInstantCostRequest.newBuilder().setRecord(record).build());
  }

  /** The code and the message, the reason, and each field that is wrong. */
  private static String explain(StatusRuntimeException error) throws InvalidProtocolBufferException {
    StringBuilder text = new StringBuilder();
    text.append(error.getStatus().getCode()).append(": ").append(error.getStatus().getDescription());
    Status status = StatusProto.fromThrowable(error);
    for (Any detail : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        text.append("\n  reason: ").append(detail.unpack(ErrorInfo.class).getReason());
      } else if (detail.is(BadRequest.class)) {
        for (BadRequest.FieldViolation wrong : detail.unpack(BadRequest.class).getFieldViolationsList()) {
          text.append("\n  ").append(wrong.getField()).append(": ").append(wrong.getDescription());
        }
      }
    }
    return text.toString();
  }

  public static void main(String[] arguments) throws IOException {
    ManagedChannel channel = connect(arguments.length > 0 ? arguments[0] : "localhost:50051");
    try {
      MeterRecord record = price(channel);
      DecimalFormat plain = new DecimalFormat("0.######", DecimalFormatSymbols.getInstance(Locale.ROOT));
      System.out.printf(
          "%s Wh cost %s %s and caused %s %s%n",
          plain.format(record.getData().getEnergy().getValue()),
          plain.format(record.getData().getTariff().getValue()),
          record.getCurrencyCode(),
          plain.format(record.getData().getCarbon().getValue()),
          record.getCarbonUnits());
    } catch (StatusRuntimeException error) {
      System.err.println(explain(error));
      System.exit(1);
    } finally {
      channel.shutdownNow();
    }
  }
}
