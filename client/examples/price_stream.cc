// Prices as many half hours as the argument says over a stream, which goes on by itself
// where the server goes away for a while.
#include <cstdlib>
#include <iostream>

#include "client/costs_client.h"
#include "client/examples/environment.h"

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
  const std::unique_ptr<costs::Client> client = ConnectFromEnvironment();

  double cost = 0;
  costs::StreamOptions options;
  options.on_answer = [&cost](const costs::RecordAnswer& answer) {
    if (answer.record != nullptr) {
      cost += answer.record->data().tariff().value();
    } else {
      std::cerr << "record " << answer.sequence << ": " << costs::ToStatus(*answer.refusal) << "\n";
    }
  };
  options.on_interruption = [](const absl::Status& why) { std::cerr << "again: " << why << "\n"; };
  const std::unique_ptr<costs::RecordStream> stream = client->OpenStream(std::move(options));
  for (int i = 0; i < count; ++i) {
    if (!stream->Write(HalfHour(i)).ok()) break;  // Finish() says why
    if (i % 1'000 == 999) std::cerr << stream->progress().answered << " are answered\n";
  }
  if (const absl::Status status = stream->Finish(); !status.ok()) {
    std::cerr << status << "\n";
    return 1;
  }
  const costs::RecordStream::Progress progress = stream->progress();
  std::cout << progress.answered << " answered, " << progress.refused << " refused, cost " << cost << "\n";
}
