// TF.js runs these specs in browsers only, but they need none, and no others test their kernel.
import './lift-browser.js';
import '@tensorflow/tfjs-core/dist/ops/image/rotate_with_offset_test.js';
import './restore-browser.js';
