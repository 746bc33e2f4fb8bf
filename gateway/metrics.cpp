// metrics: prometheus-cpp's registry.
#include "gateway/metrics.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace gateway {

Metrics::Metrics() : registry_(std::make_shared<prometheus::Registry>(prometheus::Registry::InsertBehavior::Merge)) {}

Metrics::~Metrics() = default;

prometheus::Counter& Metrics::counter(
    const std::string& name, const std::string& help, const prometheus::Labels& labels)
{
    return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Gauge& Metrics::gauge(const std::string& name, const std::string& help, const prometheus::Labels& labels)
{
    return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Histogram& Metrics::histogram(const std::string& name, const std::string& help,
    const std::vector<double>& bounds, const prometheus::Labels& labels)
{
    return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, bounds);
}

std::string Metrics::text() const
{
    return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace gateway
