"""Writes golden-events.json: an event file made by TensorBoard's own protobuf messages and record writer.

python tests/unit/results/golden-events.py > tests/unit/results/golden-events.json   (tensorboard 2.21.0, protobuf 7.36.2)
"""

import base64
import io
import json
import sys

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

START = 1795632131.967


def text(tag, value):
    shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)])
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, tensor_shape=shape, string_val=[value.encode()])
    plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name="text")
    metadata = summary_pb2.SummaryMetadata(plugin_data=plugin, data_class=summary_pb2.DATA_CLASS_TENSOR)
    return summary_pb2.Summary.Value(tag=tag, tensor=tensor, metadata=metadata)


def histogram(tag, counts):
    middles = [-4 + 0.25 * (i + 0.5) for i in range(24)]
    total = lambda power: sum(c * m**power for c, m in zip(counts, middles))
    histo = summary_pb2.HistogramProto(
        min=-4, max=2, num=sum(counts), sum=total(1), sum_squares=total(2),
        bucket_limit=[-4 + 0.25 * (i + 1) for i in range(24)], bucket=counts,
    )  # fmt: skip
    return summary_pb2.Summary.Value(tag=tag, histo=histo)


def scalar(tag, value):
    return summary_pb2.Summary.Value(tag=tag, simple_value=value)


def event(at, step, values):
    return event_pb2.Event(wall_time=at, step=step, summary=summary_pb2.Summary(value=values))


events = [
    event_pb2.Event(wall_time=START, file_version="brain.Event:2"),
    event(START, 0, [text("config", "| seed | 0 |\n# \u00fc")]),
    event(START + 1.5, 2000, [scalar("train/printed_loss", 2.197)]),
    event(
        START + 3,
        300,
        [
            scalar("train/step", 120000),
            scalar("train/loss", 1059.75),
            scalar("test/ece", 0.0125),
            scalar("speed/images_per_second", 1556.5),
            scalar("posterior/conv1/kl", -0.5),
            histogram("log10_snr/conv1", [0, 3, 1] + [0] * 20 + [452]),
        ],
    ),
]
stream = io.BytesIO()
writer = RecordWriter(stream)
for each in events:
    writer.write(each.SerializeToString())
writer.flush()
json.dump({"base64": base64.b64encode(stream.getvalue()).decode()}, sys.stdout)
