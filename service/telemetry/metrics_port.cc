#include "service/telemetry/metrics_port.h"

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "prometheus/client_metric.h"
#include "prometheus/collectable.h"
#include "prometheus/exposer.h"
#include "prometheus/metric_family.h"
#include "prometheus/metric_type.h"

namespace costs::telemetry {
namespace {

constexpr size_t kThreads = 1;

class Reader final : public prometheus::Collectable {
 public:
  explicit Reader(std::function<std::vector<Figure>()> read) : read_(std::move(read)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families;
    for (const Figure& figure : read_()) {
      prometheus::MetricFamily& family = families.emplace_back();
      family.name = figure.name;
      family.help = figure.help;
      prometheus::ClientMetric& metric = family.metric.emplace_back();
      if (figure.kind == Figure::Kind::kCounter) {
        family.type = prometheus::MetricType::Counter;
        metric.counter.value = figure.value;
      } else {
        family.type = prometheus::MetricType::Gauge;
        metric.gauge.value = figure.value;
      }
    }
    return families;
  }

 private:
  const std::function<std::vector<Figure>()> read_;
};

class PrometheusPort final : public MetricsPort {
 public:
  PrometheusPort(const std::string& listen, std::shared_ptr<Reader> reader)
      : host_(listen.substr(0, listen.rfind(':'))), reader_(std::move(reader)), exposer_(listen, kThreads) {
    exposer_.RegisterCollectable(reader_);
  }

  std::string address() const override { return absl::StrCat(host_, ":", exposer_.GetListeningPorts().front()); }

 private:
  const std::string host_;
  const std::shared_ptr<Reader> reader_;
  prometheus::Exposer exposer_;  // ends before what it reads
};

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsPort>> MetricsPort::Start(const std::string& listen,
                                                                std::function<std::vector<Figure>()> read) {
  // The library tells by exceptions.
  try {
    return std::make_unique<PrometheusPort>(listen, std::make_shared<Reader>(std::move(read)));
  } catch (const std::exception&) {
    return absl::UnavailableError("is the port taken, or the host not ours?");
  }
}

}  // namespace costs::telemetry
