"""Prints as JSON what TensorBoard and MLflow themselves read: read-trackers.py tensorboard DIR | mlflow DIR."""

import json
import os
import sys


def tensorboard(folder):
    from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
    from tensorboard.util import tensor_util

    plain = event_accumulator.EventAccumulator(folder, size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
    plain.Reload()
    # What TensorBoard's own plugins are given.
    served = plugin_event_accumulator.EventAccumulator(folder, tensor_size_guidance={})
    served.Reload()
    tags = served.Tags()["tensors"]
    return {
        "scalars": {
            tag: [[e.step, e.wall_time, e.value] for e in plain.Scalars(tag)] for tag in plain.Tags()["scalars"]
        },
        "histograms": {
            tag: [
                [e.step, list(e.histogram_value.bucket_limit), list(e.histogram_value.bucket)]
                for e in plain.Histograms(tag)
            ]
            for tag in plain.Tags()["histograms"]
        },
        "plugins": {tag: served.SummaryMetadata(tag).plugin_data.plugin_name for tag in tags},
        "texts": {
            tag: tensor_util.make_ndarray(served.Tensors(tag)[0].tensor_proto)[0].decode()
            for tag in tags
            if served.SummaryMetadata(tag).plugin_data.plugin_name == "text"
        },
    }


def mlflow(folder):
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=folder)
    experiments = client.search_experiments()
    runs = client.search_runs([experiment.experiment_id for experiment in experiments])
    return {
        "experiments": [[experiment.name, experiment.tags] for experiment in experiments],
        "runs": [
            {
                "id": run.info.run_id,
                "name": run.info.run_name,
                "status": run.info.status,
                "start": run.info.start_time,
                "end": run.info.end_time,
                "params": run.data.params,
                "tags": run.data.tags,
                "metrics": {
                    key: [[m.step, m.timestamp, m.value] for m in client.get_metric_history(run.info.run_id, key)]
                    for key in run.data.metrics
                },
                "artifacts": sorted(artifact.path for artifact in client.list_artifacts(run.info.run_id)),
            }
            for run in runs
        ],
    }


json.dump({"tensorboard": tensorboard, "mlflow": mlflow}[sys.argv[1]](sys.argv[2]), sys.stdout)
