// The description of a load test as manifests for Kubernetes: `kubectl apply -f kubernetes/`, in the order of their
// names. All is in one namespace, so that `kubectl delete namespace loadtest` removes all of it. Pure.
//
// A Job for each worker, whose init container waits for the database; a StatefulSet with a headless Service for the
// database; the schema in a ConfigMap, what is secret in Secrets; a volume for the results, and a Pod that holds it
// when the workers have ended, for `kubectl cp`. A volume that one node at a time can write (the default) keeps the
// workers on one node.
#pragma once

#include "deploy/deployment.h"

#include <string>
#include <vector>

namespace assay::deploy {

/// kubernetes/*.yaml, and loadtest.yaml, which is all of them in one file.
std::vector<File> kubernetes_files(const Deployment&);
/// What a person should know before applying them. Throws Error for what no cluster takes.
std::vector<std::string> kubernetes_notes(const Deployment&);
/// Every file below kubernetes/ that it may make, whatever is described.
const std::vector<std::string>& kubernetes_paths();

}  // namespace assay::deploy
