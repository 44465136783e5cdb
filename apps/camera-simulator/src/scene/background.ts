import type { CameraType } from '@trinetra/contracts';
import type { Surface } from './tracking-pen.ts';

const floors = ['#cfc8bb', '#b9b3a6', '#d8d2c8', '#a9aeb4', '#c2b39a'];
const walls = ['#e9e4da', '#dfe6e4', '#e7dccb', '#d4dae2', '#e3e0ec'];
const goods = [
  '#c0392b',
  '#2980b9',
  '#27ae60',
  '#f1c40f',
  '#8e44ad',
  '#e67e22',
  '#ecf0f1',
  '#16a085',
  '#34495e',
];

/** Draws the empty shop of one camera; the same for the same numbers. */
export function drawBackground(
  { context, width, height }: Surface,
  type: CameraType,
  horizon: number,
  random: () => number,
): void {
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? '#888888';
  const wallEnd = horizon * height;

  context.fillStyle = pick(walls);
  // Also behind the floor and beyond: a translucent pixel would show what was drawn before.
  context.fillRect(-1, -1, width + 2, height + 2);
  const floor = context.createLinearGradient(0, wallEnd, 0, height);
  const colour = pick(floors);
  floor.addColorStop(0, colour);
  floor.addColorStop(1, '#8d877c');
  context.fillStyle = floor;
  context.fillRect(0, wallEnd, width, height - wallEnd);
  context.strokeStyle = 'rgba(70, 60, 50, 0.16)';
  context.lineWidth = 1.5;
  for (let line = -8; line <= 8; line += 1) {
    context.beginPath();
    context.moveTo(width / 2 + line * width * 0.05, wallEnd);
    context.lineTo(width / 2 + line * width * 0.32, height);
    context.stroke();
  }
  for (let row = 1; row < 7; row += 1) {
    const y = wallEnd + (height - wallEnd) * (row / 7) ** 1.8;
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(width, y);
    context.stroke();
  }

  let x = random() * width * 0.1;
  while (x < width * 0.95) {
    const shelf = width * (0.14 + random() * 0.12);
    const top = wallEnd * (0.25 + random() * 0.2);
    if (random() < 0.78) {
      context.fillStyle = '#6d5b48';
      context.fillRect(x, top, shelf, wallEnd + height * 0.03 - top);
      const boards = 4;
      for (let board = 0; board < boards; board += 1) {
        const y = top + ((wallEnd - top) * board) / boards + 4;
        const tall = (wallEnd - top) / boards - 7;
        let at = x + 4;
        while (at < x + shelf - 10) {
          const wide = 5 + random() * 13;
          context.fillStyle = pick(goods);
          const part = tall * (0.55 + random() * 0.4);
          context.fillRect(at, y + tall - part, Math.min(wide, x + shelf - 5 - at), part);
          at += wide + 1.5;
        }
        context.fillStyle = '#4e4032';
        context.fillRect(x, y + tall, shelf, 3);
      }
    } else {
      context.fillStyle = type === 'entrance' ? '#a8cbd8' : '#8b9aa3';
      context.fillRect(x, wallEnd * 0.3, shelf, wallEnd * 0.7);
      context.fillStyle = 'rgba(255, 255, 255, 0.35)';
      context.fillRect(x + shelf * 0.47, wallEnd * 0.3, shelf * 0.05, wallEnd * 0.7);
    }
    x += shelf + width * (0.02 + random() * 0.05);
  }
  if (type === 'billing') {
    context.fillStyle = '#4f5d6b';
    context.fillRect(0, wallEnd + height * 0.02, width * 0.34, height * 0.13);
    context.fillStyle = '#2d3640';
    context.fillRect(width * 0.1, wallEnd - height * 0.05, width * 0.09, height * 0.075);
  }
  const light = context.createRadialGradient(width * random(), 0, 10, width / 2, height / 2, width);
  light.addColorStop(0, `rgba(255, 250, 230, ${0.1 + random() * 0.2})`);
  light.addColorStop(1, `rgba(20, 25, 40, ${0.1 + random() * 0.25})`);
  context.fillStyle = light;
  context.fillRect(0, 0, width, height);
}
