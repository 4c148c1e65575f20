#!/usr/bin/env python3
"""Loads what `bayescnn export RUN --format pytorch` wrote, and shows that PyTorch gives the same logits.

  python docs/pytorch-export.py RUN/pytorch.safetensors

The network is the notebook's Net; layers with a posterior are its BayesianConvLayer and the dense twin of that.
Needs torch and numpy alone: a safetensors file is eight bytes (the header's length), a JSON header and the data.
Ends with 1 when a logit differs by more than 1e-4.
"""
import json
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


def load(path):
    """Tensors and metadata of a safetensors file of float32."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        array = np.frombuffer(data[first:end], dtype="<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors, metadata


class Bayesian(nn.Module):
    """mu and rho of weights and biases; sigma = softplus(rho). Draws the outputs (local reparameterisation)
    unless `mean` is set: then it is the plain layer with weights mu."""

    mean = False

    def __init__(self, weight_shape):
        super().__init__()
        for name, shape in (("weight", weight_shape), ("bias", weight_shape[:1])):
            for part in ("mu", "rho"):
                self.register_parameter(f"{name}_{part}", nn.Parameter(torch.empty(shape)))

    def forward(self, x):
        mean = self.operation(x, self.weight_mu, self.bias_mu)
        if self.mean:
            return mean
        variance = self.operation(x**2, F.softplus(self.weight_rho) ** 2, F.softplus(self.bias_rho) ** 2)
        return mean + variance.sqrt() * torch.randn_like(mean)


class BayesianConvLayer(Bayesian):
    def __init__(self, inputs, outputs, kernel):
        super().__init__((outputs, inputs, kernel, kernel))

    operation = staticmethod(F.conv2d)


class BayesianDenseLayer(Bayesian):
    def __init__(self, inputs, outputs):
        super().__init__((outputs, inputs))

    operation = staticmethod(F.linear)


class Net(nn.Module):
    """The notebook's network. @param bayesian names of the layers with a posterior"""

    def __init__(self, bayesian=()):
        super().__init__()
        conv = lambda name: BayesianConvLayer if name in bayesian else nn.Conv2d
        dense = lambda name: BayesianDenseLayer if name in bayesian else nn.Linear
        self.conv1 = conv("conv1")(3, 6, 5)
        self.conv2 = conv("conv2")(6, 16, 5)
        self.fc1 = dense("fc1")(16 * 5 * 5, 120)
        self.fc2 = dense("fc2")(120, 84)
        self.fc3 = dense("fc3")(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


def main(path):
    weights, metadata = load(path)
    if metadata["architecture"] != "lenet":
        sys.exit(f"{path}: this script knows lenet, got {metadata['architecture']}; its tensors: {list(weights)}")
    net = Net(json.loads(metadata["bayesian_layers"]))
    net.load_state_dict(weights, strict=True)
    check, _ = load(path.removesuffix(".safetensors") + ".check.safetensors")
    Bayesian.mean = True
    with torch.no_grad():
        logits = net(check["images"])
    difference = (logits - check["logits"]).abs().max().item()
    print(f"bayescnn  {check['logits'][0].tolist()}")
    print(f"PyTorch   {logits[0].tolist()}")
    print(f"largest difference of {logits.numel()} logits: {difference:.3g}")
    sys.exit(0 if difference <= 1e-4 else 1)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
