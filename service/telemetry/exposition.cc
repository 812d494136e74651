#include "service/telemetry/exposition.h"

#include <limits>

#include "prometheus/client_metric.h"
#include "prometheus/metric_family.h"
#include "prometheus/metric_type.h"
#include "prometheus/text_serializer.h"

namespace costs::telemetry {
namespace {

prometheus::MetricType TypeOf(Figure::Kind kind) {
  switch (kind) {
    case Figure::Kind::kCounter:
      return prometheus::MetricType::Counter;
    case Figure::Kind::kGauge:
      return prometheus::MetricType::Gauge;
    case Figure::Kind::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric::Histogram HistogramOf(const Distribution& distribution) {
  prometheus::ClientMetric::Histogram histogram;
  for (const Distribution::Bucket& bucket : distribution.buckets) {
    histogram.bucket.push_back({bucket.count, bucket.upper_bound});
  }
  histogram.bucket.push_back({distribution.count, std::numeric_limits<double>::infinity()});
  histogram.sample_count = distribution.count;
  histogram.sample_sum = distribution.sum;
  return histogram;
}

}  // namespace

std::string Exposition(const std::vector<Figure>& figures) {
  std::vector<prometheus::MetricFamily> families;
  for (const Figure& figure : figures) {
    if (families.empty() || families.back().name != figure.name) {
      prometheus::MetricFamily& family = families.emplace_back();
      family.name = figure.name;
      family.help = figure.help;
      family.type = TypeOf(figure.kind);
    }
    prometheus::ClientMetric& metric = families.back().metric.emplace_back();
    for (const auto& [name, value] : figure.labels) metric.label.push_back({name, value});
    metric.counter.value = metric.gauge.value = figure.value;
    if (figure.kind == Figure::Kind::kHistogram) metric.histogram = HistogramOf(figure.distribution);
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace costs::telemetry
