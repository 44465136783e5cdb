"""The loop that the three trainings share."""

import time

import numpy as np
import torch

WARM_UP_STEPS = 100


def train(parameters, loss_of_batch, minutes, rate, decay):
    """Minimises for `minutes` with AdamW; the rate falls as a cosine.

    `loss_of_batch(share)` draws a batch and gives its loss; `share` is the part of the time that is over, 0..1.
    """
    parameters = list(parameters)
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=decay)
    started, step, recent = time.time(), 0, []
    while (share := (time.time() - started) / (float(minutes) * 60)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (step + 1) / WARM_UP_STEPS) * (0.5 + 0.5 * np.cos(np.pi * share)) + 1e-6
        loss = loss_of_batch(share)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 10)
        optimizer.step()
        recent.append(float(loss.detach()))
        step += 1
        if step % 50 == 0:
            print(f"{share:5.1%} step {step} loss {np.mean(recent[-50:]):.3f}", flush=True)
