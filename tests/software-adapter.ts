import { existsSync, readdirSync } from 'node:fs';

/** Where Chromium's packages have SwiftShader, a Vulkan driver that computes on the CPU. */
const SWIFTSHADER = ['/usr/lib/chromium', '/opt/google/chrome', '/usr/lib64/chromium-browser'].map(
  (folder) => `${folder}/vk_swiftshader_icd.json`,
);
/** Where Linux looks for the drivers of GPUs. */
const DRIVERS = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/** Has the engine `webgpu` run on SwiftShader, in this process and those it starts, where there is no driver of a GPU. */
export function useSoftwareAdapter(): void {
  if (process.platform !== 'linux' || process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return;
  if (DRIVERS.some((folder) => existsSync(folder) && readdirSync(folder).length > 0)) return;
  const driver = SWIFTSHADER.find((file) => existsSync(file));
  if (driver !== undefined) process.env.VK_ICD_FILENAMES = driver;
}
