#!/usr/bin/env python3
"""The same training in PyTorch, as the yardstick of `bayescnn bench --vs-pytorch`. It needs nothing but torch.

  python peer.py bench     training images/s of whole steps, as JSON
  python peer.py notebook  the notebook as a whole: two epochs behind a DataLoader, then the test images
  python peer.py serve     answers one measurement a line, for `bayescnn bench`

Models: `cnn`, a LeNet; `bayes-conv`, its convolutions Bayesian; `bayes-all`, every layer Bayesian. Bayesian layers
draw their activations (local reparameterization, Kingma et al. 2015) and add the closed-form KL to the loss.
"""
import argparse
import json
import math
import os
import platform
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

TRAIN_IMAGES = 50000
# Images that the steps cycle through, as in bayescnn's own benchmark.
IMAGES = 8192
RECORD = 3073


class Bayesian(nn.Module):
    """A layer with q(w) = N(mu, softplus(rho)^2) that samples its output instead of its weights."""

    def __init__(self, shape, clamp, prior_sigma=1.0, sigma=0.05):
        super().__init__()
        self.clamp = clamp
        self.prior_sigma = prior_sigma
        rho = math.log(math.expm1(sigma))
        bound = 1 / math.sqrt(math.prod(shape[1:]))
        self.weight_mu = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
        self.weight_rho = nn.Parameter(torch.full(shape, rho))
        self.bias_mu = nn.Parameter(torch.empty(shape[0]).uniform_(-bound, bound))
        self.bias_rho = nn.Parameter(torch.full(shape[:1], rho))

    def floor(self, squares):
        return squares.clamp(min=self.clamp) if self.clamp > 0 else squares

    def forward(self, x):
        mean = self.linear_map(x, self.weight_mu, self.bias_mu)
        weight_variance = self.floor(F.softplus(self.weight_rho) ** 2)
        bias_variance = self.floor(F.softplus(self.bias_rho) ** 2)
        variance = self.linear_map(self.floor(x * x), weight_variance, bias_variance)
        return mean + torch.sqrt(variance) * torch.randn_like(mean)

    def kl(self):
        """KL(q || N(0, prior_sigma^2)) in nats (Kingma & Welling 2014, appendix B)."""
        total = 0
        for mu, rho in ((self.weight_mu, self.weight_rho), (self.bias_mu, self.bias_rho)):
            sigma = F.softplus(rho)
            spread = (sigma**2 + mu**2) / (2 * self.prior_sigma**2)
            total = total + (math.log(self.prior_sigma) - torch.log(sigma) + spread - 0.5).sum()
        return total


class BayesianConv(Bayesian):
    def __init__(self, channels_in, channels_out, size, clamp):
        super().__init__((channels_out, channels_in, size, size), clamp)

    @staticmethod
    def linear_map(x, weight, bias):
        return F.conv2d(x, weight, bias)


class BayesianDense(Bayesian):
    def __init__(self, features_in, features_out, clamp):
        super().__init__((features_out, features_in), clamp)

    @staticmethod
    def linear_map(x, weight, bias):
        return F.linear(x, weight, bias)


class LeNet(nn.Module):
    """Two convolutions with pooling, three dense layers; 62,006 weights, twice as many parameters where Bayesian."""

    def __init__(self, model, clamp=0.0):
        super().__init__()

        def conv(i, o):
            return nn.Conv2d(i, o, 5) if model == "cnn" else BayesianConv(i, o, 5, clamp)

        def dense(i, o):
            return BayesianDense(i, o, clamp) if model == "bayes-all" else nn.Linear(i, o)

        self.conv1, self.conv2 = conv(3, 6), conv(6, 16)
        self.fc1, self.fc2, self.fc3 = dense(400, 120), dense(120, 84), dense(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)

    def kl(self):
        return sum(layer.kl() for layer in self.children() if isinstance(layer, Bayesian))


def read_binary(folder, names):
    """Images uint8 [n, 3, 32, 32] and labels [n] of CIFAR-10's binary files."""
    parts = []
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            parts.append(torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).view(-1, RECORD))
    records = torch.cat(parts)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0].long()


def normalise(images):
    """Bytes to [-1, 1]: mean and standard deviation 0.5."""
    return images.float().div_(255).sub_(0.5).div_(0.5)


def training_images(data, device):
    """Images and labels for the throughput, on the device: the first of CIFAR-10, or noise, which costs a step the same time."""
    if data is not None:
        images, labels = read_binary(data, ["data_batch_1.bin"])
        images, labels = normalise(images[:IMAGES]).contiguous(), labels[:IMAGES]
    else:
        torch.manual_seed(0)
        images = normalise(torch.randint(0, 256, (IMAGES, 3, 32, 32), dtype=torch.uint8))
        labels = torch.randint(0, 10, (IMAGES,))
    return images.to(device), labels.to(device)


def training_step(model, batch, images, labels, clamp):
    """A function that does one whole training step on the next batch, where the images are."""
    torch.manual_seed(0)
    net = LeNet(model, clamp).to(images.device)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    at = 0

    def step():
        nonlocal at
        if at + batch > len(images):
            at = 0
        x, y = images[at : at + batch], labels[at : at + batch]
        at += batch
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        if model != "cnn":
            loss = loss + net.kl() / TRAIN_IMAGES
        loss.backward()
        optimizer.step()
        # Waits for all of the step: a GPU does what it is told in order, and the copy comes last.
        return loss.item()

    return step


def run_for(seconds, step):
    """Steps taken and seconds passed."""
    started = time.perf_counter()
    steps = 0
    while True:
        step()
        steps += 1
        passed = time.perf_counter() - started
        if passed >= seconds:
            return steps, passed


def measure(model, batch, threads, seconds, images, labels, clamp):
    """Training images/s of one setting, after a warm-up."""
    torch.set_num_threads(threads)
    step = training_step(model, batch, images, labels, clamp)
    for _ in range(20):
        step()
    run_for(0.2, step)
    steps, passed = run_for(seconds, step)
    return {"images_per_second": steps * batch / passed, "steps": steps}


def versions():
    return {"python": platform.python_version(), "torch": torch.__version__}


def use_device(name):
    """The device, and what it is called; ends the program where there is none."""
    if name == "cpu":
        return torch.device("cpu"), "CPU"
    if not torch.cuda.is_available():
        sys.exit(f"No CUDA device for torch {torch.__version__}")
    # Every batch of a measurement has the same shape: the fastest kernels are sought once, in its warm-up.
    torch.backends.cudnn.benchmark = True
    return torch.device("cuda"), torch.cuda.get_device_name()


def bench(args):
    device, device_name = use_device(args.device)
    images, labels = training_images(args.data, device)
    rows = []
    for threads in args.threads:
        for model in args.models:
            for batch in args.batches:
                rates = []
                for _ in range(args.repetitions):
                    rates.append(
                        measure(model, batch, threads, args.seconds, images, labels, args.clamp)["images_per_second"]
                    )
                rates.sort()
                rate = {"min": rates[0], "median": rates[len(rates) // 2], "max": rates[-1]}
                rows.append({"model": model, "batch": batch, "threads": threads, "images_per_second": rate})
                print(f"{model}, batch {batch}, threads {threads}: {rate['median']:.0f} images/s", file=sys.stderr)
    print(json.dumps({**versions(), "device": device_name, "rows": rows}, indent=1))


def serve(args):
    """One JSON request a line on stdin, {model, batch, threads, seconds}; one JSON answer a line on stdout."""
    device, device_name = use_device(args.device)
    images, labels = training_images(args.data, device)
    print(json.dumps({"ready": True, **versions(), "device": device_name}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer = measure(
            request["model"], request["batch"], request["threads"], request["seconds"], images, labels, args.clamp
        )
        print(json.dumps(answer), flush=True)


class Pictures(torch.utils.data.Dataset):
    """CIFAR-10 as torchvision's dataset gives it: a PIL image, then ToTensor and Normalize, one image at a time."""

    def __init__(self, folder, names):
        images, labels = read_binary(folder, names)
        self.labels = labels.tolist()
        try:
            from PIL import Image
            from torchvision import transforms
        except ImportError:
            self.how = "plain tensors"
            self.images = images
            self.transform = normalise
            return
        self.how = "torchvision"
        self.images = images.permute(0, 2, 3, 1).contiguous().numpy()
        to_tensor = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
        self.transform = lambda pixels: to_tensor(Image.fromarray(pixels))

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.images[i]), self.labels[i]


def train_epoch(net, optimizer, loader, epoch):
    """One pass over the training images, with the notebook's print every 2,000 batches."""
    criterion = nn.CrossEntropyLoss()
    running = 0.0
    for i, (inputs, labels) in enumerate(loader, 1):
        optimizer.zero_grad()
        loss = criterion(net(inputs), labels)
        loss.backward()
        optimizer.step()
        running += loss.item()
        if i % 2000 == 0:
            print(f"[{epoch}, {i:5d}] loss: {running / 2000:.3f}", file=sys.stderr, flush=True)
            running = 0.0


@torch.no_grad()
def accuracy(net, loader):
    correct = total = 0
    for images, labels in loader:
        correct += (net(images).argmax(1) == labels).sum().item()
        total += len(labels)
    return correct / total


def notebook(args):
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    train = Pictures(args.data, [f"data_batch_{i}.bin" for i in range(1, 6)])
    test = Pictures(args.data, ["test_batch.bin"])
    net = LeNet("cnn")
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    settings = {"batch_size": 4, "num_workers": args.workers}
    trainloader = torch.utils.data.DataLoader(train, shuffle=True, **settings)
    testloader = torch.utils.data.DataLoader(test, shuffle=False, **settings)
    seconds = []
    for epoch in range(1, args.epochs + 1):
        started = time.perf_counter()
        train_epoch(net, optimizer, trainloader, epoch)
        seconds.append(time.perf_counter() - started)
    outcome = {"epoch_seconds": seconds, "test_accuracy": accuracy(net, testloader), "transform": train.how}
    print(json.dumps({**versions(), **outcome, "workers": args.workers, "threads": torch.get_num_threads()}))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)

    def numbers(text):
        return [int(entry) for entry in text.split(",")]

    def throughput(name, run):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        command.add_argument("--data", help="folder of CIFAR-10's binary files (default: noise images)")
        command.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="where the model and the images are")
        command.add_argument("--clamp", type=float, default=0.0, help="floor under squares; the notebook has 1e-4")
        return command

    throughput("serve", serve)
    command = throughput("bench", bench)
    command.add_argument("--models", type=lambda text: text.split(","), default=["cnn", "bayes-conv", "bayes-all"])
    command.add_argument("--batches", type=numbers, default=[4, 128])
    command.add_argument("--threads", type=numbers, default=[1, os.cpu_count()])
    command.add_argument("--repetitions", type=int, default=5)
    command.add_argument("--seconds", type=float, default=1.0)
    command = commands.add_parser("notebook")
    command.set_defaults(run=notebook)
    command.add_argument("--data", required=True, help="folder of CIFAR-10's binary files")
    command.add_argument("--epochs", type=int, default=2)
    command.add_argument("--workers", type=int, default=2, help="processes of the DataLoader")
    command.add_argument("--threads", type=int, help="default: torch's own choice")
    command.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    arguments = parse()
    arguments.run(arguments)
